//! What a disk may hold after a power-cut.
//!
//! The model is stricter than today's filesystems: a write is safe after a sync of its file, a name
//! after a sync of its directory, and nothing else is promised, in no order.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// A file or directory, counted as they appear. 0 is the directory that was there before.
pub type Node = usize;

/// One thing that the store asked the kernel to do.
#[derive(Clone, Debug)]
pub enum Change {
    MakeDir { parent: Node, name: String, node: Node },
    MakeFile { parent: Node, name: String, node: Node },
    Rename { from: (Node, String), to: (Node, String), node: Node },
    Remove { parent: Node, name: String },
    Write { node: Node, offset: u64, data: Vec<u8> },
    SetLen { node: Node, len: u64 },
}

/// With the lines of the trace at which it began and ended.
#[derive(Clone, Debug)]
pub struct Op {
    pub began: usize,
    pub ended: usize,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Change(Change),
    /// All changes of this file, or of names in this directory, that ended before this began.
    Sync(Node),
    /// The store has promised this step.
    Ack(u64),
}

impl Change {
    /// Whose sync makes this safe; a rename needs both directories, which here are one.
    pub fn synced_by(&self) -> Node {
        match self {
            Change::MakeDir { parent, .. }
            | Change::MakeFile { parent, .. }
            | Change::Remove { parent, .. } => *parent,
            Change::Rename { to, .. } => to.0,
            Change::Write { node, .. } | Change::SetLen { node, .. } => *node,
        }
    }
}

/// The content of a disk.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    names: BTreeMap<(Node, String), Node>,
    files: HashMap<Node, Vec<u8>>,
}

impl Disk {
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::MakeDir { parent, name, node } => {
                self.names.insert((*parent, name.clone()), *node);
            }
            Change::MakeFile { parent, name, node } => {
                self.names.insert((*parent, name.clone()), *node);
                self.files.entry(*node).or_default();
            }
            Change::Rename { from, to, node } => {
                if self.names.get(from) == Some(node) {
                    self.names.remove(from);
                    self.names.insert(to.clone(), *node);
                }
            }
            Change::Remove { parent, name } => {
                self.names.remove(&(*parent, name.clone()));
            }
            Change::Write { node, offset, data } => self.write(*node, *offset, data),
            Change::SetLen { node, len } => {
                self.files.entry(*node).or_default().resize(*len as usize, 0);
            }
        }
    }

    fn write(&mut self, node: Node, offset: u64, data: &[u8]) {
        let file = self.files.entry(node).or_default();
        let (start, end) = (offset as usize, offset as usize + data.len());
        if file.len() < end {
            file.resize(end, 0);
        }
        file[start..end].copy_from_slice(data);
    }

    /// Makes it real. Only names that can be reached from the root exist.
    pub fn build(&self, root: &Path) {
        self.build_dir(0, root);
    }

    fn build_dir(&self, dir: Node, path: &Path) {
        std::fs::create_dir_all(path).unwrap();
        for ((_, name), node) in self.names.range((dir, String::new())..(dir + 1, String::new())) {
            match self.files.get(node) {
                Some(bytes) => std::fs::write(path.join(name), bytes).unwrap(),
                None => self.build_dir(*node, &path.join(name)),
            }
        }
    }

    /// For leaving out what was seen already.
    pub fn fingerprint(&self) -> (u32, u32) {
        let (mut one, mut two) = (crc32fast::Hasher::new(), crc32fast::Hasher::new_with_initial(7));
        for ((parent, name), node) in &self.names {
            let bytes = self.files.get(node).map_or(&[][..], Vec::as_slice);
            for hasher in [&mut one, &mut two] {
                hasher.update(format!("{parent} {name} {node} {}", bytes.len()).as_bytes());
                hasher.update(bytes);
            }
        }
        two.update(b"again");
        (one.finalize(), two.finalize())
    }
}
