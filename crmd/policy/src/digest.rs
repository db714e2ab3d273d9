//! Digests of operation parameters, as recorded in histories.

use std::sync::Arc;

use md5::{Digest, Md5};
use rota_cib::Text;

use crate::model::{Nid, OpConf, Rid, World};
use crate::values::{Context, Pairs, get, limit_millis};

/// MD5 of the parameters as an element, names in order.
pub(crate) fn of(pairs: &[(Text, Text)]) -> Text {
    let mut sorted: Vec<&(Text, Text)> = pairs.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let mut text = String::from(" <parameters");
    for (name, value) in sorted {
        text.push(' ');
        text.push_str(name);
        text.push_str("=\"");
        escape(value, &mut text);
        text.push('"');
    }
    text.push_str("/>\n");
    let hash = Md5::digest(text.as_bytes());
    let mut hex = String::with_capacity(32);
    for byte in hash {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
        hex.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    hex.into()
}

fn escape(value: &str, into: &mut String) {
    for c in value.chars() {
        match c {
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '&' => into.push_str("&amp;"),
            '"' => into.push_str("&quot;"),
            '\n' => into.push_str("&#10;"),
            '\r' => into.push_str("&#13;"),
            '\t' => into.push_str("&#9;"),
            other => into.push(other),
        }
    }
}

impl<'a> World<'a> {
    /// The parameters of a resource on a node, rules evaluated.
    pub(crate) fn params(&mut self, rid: Rid, nid: Option<Nid>) -> Arc<Pairs> {
        let Some(prim) = self.rscs[rid].prim else { return Arc::default() };
        let by_node = self.prims[prim].params_by_node;
        if !by_node && let Some(known) = &self.prims[prim].params_cache {
            return Arc::clone(known);
        }
        let meta = Arc::clone(&self.rscs[rid].meta);
        let conf = &self.prims[prim];
        let mut pairs = conf.fixed_params.clone();
        let context = Context {
            attributes: if by_node { nid.map(|n| &self.nodes[n].attributes) } else { None },
            agent: Some((&conf.class, conf.provider.as_deref(), &conf.agent)),
            meta: Some(&meta.pairs),
            ..Context::default()
        };
        self.values.collect(&conf.params, None, &context, &mut pairs);
        let shared = Arc::new(pairs);
        if !by_node {
            self.prims[prim].params_cache = Some(Arc::clone(&shared));
        }
        shared
    }

    /// The configured operation of a name and interval.
    pub(crate) fn op_conf(&self, rid: Rid, name: &str, interval_ms: u32) -> Option<&OpConf<'a>> {
        let conf = self.conf(rid)?;
        conf.ops.iter().find(|op| op.name == name && op.interval_ms == interval_ms)
    }

    /// Timeout of an operation in milliseconds, as configured or by default.
    pub(crate) fn timeout_ms(&mut self, rid: Rid, name: &str, interval_ms: u32) -> u32 {
        if self.is_fencing(rid) && matches!(name, "start" | "monitor") {
            let params = self.params(rid, None);
            if let Some(ms) = get(&params, "pcmk_monitor_timeout").and_then(|t| limit_millis(t)) {
                return ms.min(u64::from(u32::MAX)) as u32;
            }
        }
        let conf = self.conf(rid);
        let mut op = conf
            .and_then(|c| c.ops.iter().find(|op| op.name == name && op.interval_ms == interval_ms));
        if op.is_none() && name == "monitor" && interval_ms == 0 {
            // A probe takes the options of the most frequent monitor.
            op = conf.and_then(|c| {
                c.ops
                    .iter()
                    .filter(|op| op.name == "monitor" && op.interval_ms > 0)
                    .min_by_key(|op| op.interval_ms)
            });
        }
        let configured = match op {
            Some(op) => get(&op.options, "timeout").and_then(|t| limit_millis(t)),
            None => conf.and_then(|c| {
                let mut options = Pairs::new();
                let context = Context {
                    agent: Some((&c.class, c.provider.as_deref(), &c.agent)),
                    operation: Some((name, interval_ms)),
                    ..Context::default()
                };
                let defaults: Vec<_> = self.cib.config.op_defaults.iter().collect();
                self.values.collect(&defaults, None, &context, &mut options);
                get(&options, "timeout").and_then(|t| limit_millis(t))
            }),
        };
        configured.unwrap_or(20_000).min(u64::from(u32::MAX)) as u32
    }

    /// The parameters an operation is run with: the resource's, the operation's own, and for
    /// a recurring one its timeout.
    pub(crate) fn op_params(
        &mut self,
        rid: Rid,
        nid: Option<Nid>,
        name: &str,
        interval_ms: u32,
    ) -> Arc<Pairs> {
        let mut params = self.params(rid, nid);
        let source = self.op_conf(rid, name, interval_ms).and_then(|op| op.source);
        if let Some(source) = source
            && !source.parameters.is_empty()
        {
            let mut own = Pairs::new();
            let sets: Vec<_> = source.parameters.iter().collect();
            self.values.collect(
                &sets,
                None,
                &Context {
                    attributes: nid.map(|n| &self.nodes[n].attributes),
                    operation: Some((name, interval_ms)),
                    ..Context::default()
                },
                &mut own,
            );
            let merged = Arc::make_mut(&mut params);
            for (n, v) in own {
                match merged.iter_mut().find(|(name, _)| *name == n) {
                    Some(slot) => slot.1 = v,
                    None => merged.push((n, v)),
                }
            }
        }
        if let Some(host) = self.bundle_host(rid)
            && let Some(slot) = params.iter().position(|(n, v)| n == "addr" && v == "#uname")
        {
            Arc::make_mut(&mut params)[slot].1 = host;
        }
        params
    }

    /// Digest of all parameters of an operation.
    pub(crate) fn digest(
        &mut self,
        rid: Rid,
        nid: Option<Nid>,
        name: &str,
        interval_ms: u32,
    ) -> Text {
        let params = self.op_params(rid, nid, name, interval_ms);
        let mut pairs: Pairs =
            params.iter().filter(|(n, _)| !n.starts_with("CRM_meta_")).cloned().collect();
        if interval_ms > 0 {
            let timeout = self.timeout_ms(rid, name, interval_ms);
            pairs.push(("CRM_meta_timeout".into(), timeout.to_string().into()));
        }
        of(&pairs)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn empty_parameters_have_the_known_digest() {
        assert_eq!(super::of(&[]), "f2317cad3d54cec5d7d7aa7d0bf35cf8");
    }
}
