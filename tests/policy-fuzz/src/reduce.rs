//! Makes a document smaller while it still shows what it shows.

use crate::xml::Element;

/// The smallest document that can be reached by taking away elements and attributes one after
/// another while `shows` says yes; it must say yes for `document`.
pub fn reduce(document: &Element, mut shows: impl FnMut(&Element) -> bool) -> Element {
    let mut best = document.clone();
    loop {
        let before = best.text().len();
        elements(&mut best, &mut shows);
        attributes(&mut best, &mut shows);
        if best.text().len() >= before {
            return best;
        }
    }
}

/// Paths of all elements below the root, deepest last among brothers' ends first, so that big
/// parts are tried before what is in them.
fn paths(element: &Element) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    let mut layer = vec![Vec::new()];
    while !layer.is_empty() {
        let mut next = Vec::new();
        for path in layer {
            let children = at(element, &path).map_or(0, |e| e.children.len());
            for child in (0..children).rev() {
                let mut path: Vec<usize> = path.clone();
                path.push(child);
                next.push(path);
            }
        }
        all.extend(next.iter().cloned());
        layer = next;
    }
    all
}

fn at<'a>(element: &'a Element, path: &[usize]) -> Option<&'a Element> {
    path.iter().try_fold(element, |element, &child| element.children.get(child))
}

fn at_mut<'a>(element: &'a mut Element, path: &[usize]) -> Option<&'a mut Element> {
    path.iter().try_fold(element, |element, &child| element.children.get_mut(child))
}

fn elements(best: &mut Element, shows: &mut impl FnMut(&Element) -> bool) {
    let mut tried = 0;
    loop {
        let paths = paths(best);
        let Some(path) = paths.get(tried) else { return };
        let mut smaller = best.clone();
        let Some((&last, above)) = path.split_last() else { return };
        let Some(parent) = at_mut(&mut smaller, above) else { return };
        let gone = parent.children.remove(last);
        if gone.name == "node" || gone.name == "node_state" {
            // A node goes with its state.
            without_node(&mut smaller, gone.get("id").unwrap_or_default());
        }
        if !needed(&gone) && shows(&smaller) {
            *best = smaller;
        } else {
            tried += 1;
        }
    }
}

/// What the schema asks for, and the option and the device without which a plan is about fencing
/// alone.
fn needed(gone: &Element) -> bool {
    let parts = ["lrm", "lrm_resources", "crm_config", "constraints", "resources", "expression"];
    let fencing = |e: &Element| {
        (e.name == "nvpair" && e.get("name") == Some("stonith-enabled"))
            || (e.name == "primitive" && e.get("class") == Some("stonith"))
    };
    parts.contains(&gone.name.as_str()) || fencing(gone) || gone.children.iter().any(fencing)
}

fn without_node(element: &mut Element, id: &str) {
    element.children.retain(|child| {
        !(matches!(child.name.as_str(), "node" | "node_state") && child.get("id") == Some(id))
    });
    element.children.iter_mut().for_each(|child| without_node(child, id));
}

fn attributes(best: &mut Element, shows: &mut impl FnMut(&Element) -> bool) {
    for path in paths(best) {
        let mut index = 0;
        while let Some((name, _)) =
            at(best, &path).and_then(|element| element.attributes.get(index)).cloned()
        {
            let mut smaller = best.clone();
            // Records and nodes stay whole, or the small document shows only how odd ones are read.
            let whole = at(best, &path).is_some_and(|e| {
                matches!(e.name.as_str(), "node" | "node_state" | "lrm" | "lrm_resource")
                    || matches!(e.name.as_str(), "lrm_rsc_op" | "nvpair" | "primitive" | "rule")
            });
            if let Some(element) = at_mut(&mut smaller, &path) {
                element.attributes.remove(index);
            }
            if name != "id" && !whole && shows(&smaller) {
                *best = smaller;
            } else {
                index += 1;
            }
        }
    }
}
