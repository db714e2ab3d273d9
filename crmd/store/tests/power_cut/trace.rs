//! From strace's lines to what happened to the disk.

use std::collections::HashMap;
use std::path::Path;

use crate::disk::{Change, Node, Op, What};

/// Everything that changes files or makes changes safe. A call that is listed here and not
/// understood below fails the test.
pub const SYSCALLS: &str = "trace=openat,creat,close,dup,dup2,dup3,write,writev,pwrite64,pwritev,\
    pwritev2,ftruncate,truncate,fallocate,fsync,fdatasync,sync,syncfs,sync_file_range,msync,rename,\
    renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,rmdir,link,linkat,symlink,lseek,\
    copy_file_range,sendfile,io_uring_enter";

/// One call, put together from its halves.
struct Call {
    began: usize,
    ended: usize,
    name: String,
    args: Vec<String>,
    result: i64,
}

pub fn read(log: &Path, root: &Path) -> Vec<Op> {
    let text = std::fs::read_to_string(log).unwrap();
    let mut reader = Reader {
        root: root.to_str().unwrap().to_owned(),
        acks: root.with_extension("acks").to_str().unwrap().to_owned(),
        nodes: HashMap::new(),
        next: 1,
        positions: HashMap::new(),
        lengths: HashMap::new(),
        ops: Vec::new(),
    };
    for call in calls(&text) {
        if call.result >= 0 {
            reader.call(&call);
        }
    }
    reader.ops.sort_by_key(|op| match op.what {
        // A change may reach the disk as soon as it begins; a promise holds when it is given.
        What::Change(_) => op.began,
        What::Sync(_) | What::Ack(_) => op.ended,
    });
    reader.ops
}

fn calls(text: &str) -> Vec<Call> {
    let mut open: HashMap<&str, (usize, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some((pid, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(begin) = rest.strip_suffix(" <unfinished ...>") {
            open.insert(pid, (at, begin.to_owned()));
        } else if rest.starts_with("<... ") {
            let (_, end) = rest.split_once(" resumed>").unwrap();
            if let Some((began, begin)) = open.remove(pid) {
                calls.extend(parse(began, at, &format!("{begin}{end}")));
            }
        } else {
            calls.extend(parse(at, at, rest));
        }
    }
    calls
}

/// `name(args) = result`; `None` for signals and exits.
fn parse(began: usize, ended: usize, line: &str) -> Option<Call> {
    let (call, result) = line.rsplit_once(" = ")?;
    let (name, args) = call.trim_end().strip_suffix(')')?.split_once('(')?;
    let result = result.split(['<', ' ']).next()?.parse().ok()?;
    let args = args.split(", ").map(|arg| arg.trim().to_owned()).collect();
    Some(Call { began, ended, name: name.to_owned(), args, result })
}

/// `"\x61\x62"` as bytes.
fn bytes(text: &str) -> Vec<u8> {
    let inner = text.trim().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let inner =
        inner.unwrap_or_else(|| panic!("not a whole string: {}", &text[..40.min(text.len())]));
    inner.split("\\x").skip(1).map(|hex| u8::from_str_radix(hex, 16).unwrap()).collect()
}

fn path_of_string(text: &str) -> String {
    String::from_utf8(bytes(text)).unwrap()
}

/// `5<\x2f\x74>` as number and path.
fn descriptor(text: &str) -> (i64, String) {
    let (fd, path) = text.split_once('<').unwrap_or((text, ">"));
    let path = path.trim_end_matches('>');
    let path = match path.starts_with("\\x") {
        true => path_of_string(&format!("\"{path}\"")),
        false => path.to_owned(),
    };
    (fd.parse().unwrap_or(-1), path)
}

struct Reader {
    root: String,
    acks: String,
    nodes: HashMap<String, Node>,
    next: Node,
    positions: HashMap<i64, u64>,
    lengths: HashMap<Node, u64>,
    ops: Vec<Op>,
}

impl Reader {
    /// The path below the root, `Some("")` for the root itself.
    fn inside(&self, path: &str) -> Option<String> {
        let rest = path.strip_prefix(&self.root)?;
        match rest.strip_prefix('/') {
            Some(below) => Some(below.to_owned()),
            None => rest.is_empty().then(String::new),
        }
    }

    fn place(&self, path: &str) -> (Node, String) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        (self.node(parent), name.to_owned())
    }

    fn node(&self, path: &str) -> Node {
        match path {
            "" => 0,
            _ => *self.nodes.get(path).unwrap_or_else(|| panic!("unknown file {path}")),
        }
    }

    fn push(&mut self, call: &Call, what: What) {
        self.ops.push(Op { began: call.began, ended: call.ended, what });
    }

    fn change(&mut self, call: &Call, change: Change) {
        self.push(call, What::Change(change));
    }

    fn call(&mut self, call: &Call) {
        match call.name.as_str() {
            "openat" => self.open(call),
            "mkdir" => self.make_dir(call, &call.args[0]),
            "mkdirat" => self.make_dir(call, &call.args[1]),
            "rename" => self.rename(call, &call.args[0], &call.args[1]),
            "renameat" | "renameat2" => self.rename(call, &call.args[1], &call.args[3]),
            "unlink" | "rmdir" => self.remove(call, &call.args[0]),
            "unlinkat" => {
                let (_, dir) = descriptor(&call.args[0]);
                let name = path_of_string(&call.args[1]);
                let path = if name.starts_with('/') { name } else { format!("{dir}/{name}") };
                self.remove_path(call, &path);
            }
            "lseek" => {
                let (fd, _) = descriptor(&call.args[0]);
                self.positions.insert(fd, call.result as u64);
            }
            "close" | "dup" | "dup2" | "dup3" => {}
            _ => self.on_descriptor(call),
        }
    }

    fn on_descriptor(&mut self, call: &Call) {
        let (fd, path) = descriptor(&call.args[0]);
        if path == self.acks {
            let text = String::from_utf8(bytes(&call.args[1])).unwrap();
            let step = text.trim().strip_prefix("ack ").unwrap().parse().unwrap();
            return self.push(call, What::Ack(step));
        }
        let Some(path) = self.inside(&path) else { return };
        let node = self.node(&path);
        let number = |at: usize| -> u64 { call.args[at].parse().unwrap() };
        match call.name.as_str() {
            "write" => {
                let offset = self.positions.get(&fd).copied().unwrap_or(0);
                self.positions.insert(fd, offset + call.result as u64);
                self.write(call, node, offset);
            }
            "pwrite64" => self.write(call, node, number(3)),
            "ftruncate" => self.set_len(call, node, number(1)),
            "fallocate" => {
                assert!(call.args[1] == "0", "fallocate that does more than to extend");
                let len = self.lengths.get(&node).copied().unwrap_or(0);
                self.set_len(call, node, len.max(number(2) + number(3)));
            }
            "fsync" | "fdatasync" => self.push(call, What::Sync(node)),
            // Promises nothing about metadata or the disk's own cache.
            "sync_file_range" => {}
            other => panic!("{other} is not understood"),
        }
    }

    fn write(&mut self, call: &Call, node: Node, offset: u64) {
        let mut data = bytes(&call.args[1]);
        data.truncate(call.result as usize);
        let len = self.lengths.entry(node).or_default();
        *len = (*len).max(offset + data.len() as u64);
        self.change(call, Change::Write { node, offset, data });
    }

    fn set_len(&mut self, call: &Call, node: Node, len: u64) {
        self.lengths.insert(node, len);
        self.change(call, Change::SetLen { node, len });
    }

    fn open(&mut self, call: &Call) {
        self.positions.insert(call.result, 0);
        let Some(path) = self.inside(&path_of_string(&call.args[1])) else { return };
        let flags = &call.args[2];
        if flags.contains("O_CREAT") && !self.nodes.contains_key(&path) {
            let node = self.fresh(&path);
            let (parent, name) = self.place(&path);
            self.change(call, Change::MakeFile { parent, name, node });
        } else if flags.contains("O_TRUNC") {
            let node = self.node(&path);
            self.set_len(call, node, 0);
        }
    }

    fn fresh(&mut self, path: &str) -> Node {
        let node = self.next;
        self.next += 1;
        self.nodes.insert(path.to_owned(), node);
        node
    }

    fn make_dir(&mut self, call: &Call, path: &str) {
        let Some(path) = self.inside(&path_of_string(path)) else { return };
        let node = self.fresh(&path);
        let (parent, name) = self.place(&path);
        self.change(call, Change::MakeDir { parent, name, node });
    }

    fn rename(&mut self, call: &Call, from: &str, to: &str) {
        let (from, to) = (path_of_string(from), path_of_string(to));
        let (Some(from), Some(to)) = (self.inside(&from), self.inside(&to)) else { return };
        let node = self.node(&from);
        let change = Change::Rename { from: self.place(&from), to: self.place(&to), node };
        // Everything below moves with it.
        let below = format!("{from}/");
        self.nodes = std::mem::take(&mut self.nodes)
            .into_iter()
            .filter(|(path, _)| *path != to)
            .map(|(path, node)| match path.strip_prefix(&below) {
                Some(rest) => (format!("{to}/{rest}"), node),
                None if path == from => (to.clone(), node),
                None => (path, node),
            })
            .collect();
        self.change(call, change);
    }

    fn remove(&mut self, call: &Call, path: &str) {
        self.remove_path(call, &path_of_string(path));
    }

    fn remove_path(&mut self, call: &Call, path: &str) {
        let Some(path) = self.inside(path) else { return };
        let (parent, name) = self.place(&path);
        self.nodes.remove(&path);
        self.change(call, Change::Remove { parent, name });
    }
}
