//! A disk that has some of what was written, and certainly what was synced.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fs, io,
    path::Path,
};

use super::{
    content::{Content, parts},
    random::Random,
    record::Event,
};

/// What a file system promises beside the bytes of a synced file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// A name is on disk once its folder was synced, and not before.
    Strict,
    /// Names reach the disk in order, and any sync brings all of them there, as on
    /// ext4.
    Ordered,
}

/// What becomes of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsynced {
    Dropped,
    Kept,
    /// Of each page some version that it had, or of each half kilobyte.
    Torn {
        sectors: u64,
    },
}

/// A file or folder, by its place in the list of all that ever were.
type Id = usize;

#[derive(Debug)]
enum Node {
    File { synced: Content, pending: Pending<FileChange> },
    Folder { now: Entries, synced: Entries, pending: Pending<NameChange> },
}

type Entries = BTreeMap<String, Id>;

#[derive(Debug)]
enum FileChange {
    Written(u64, Vec<u8>),
    Resized(u64),
}

#[derive(Debug, Clone)]
enum NameChange {
    Given(String, Id),
    Renamed(String, String, Id),
    Removed(String),
}

/// Changes that are not known to be on disk, counted since the beginning.
#[derive(Debug)]
struct Pending<T> {
    before: u64,
    /// Each with the number of the event that made it.
    changes: VecDeque<(u64, T)>,
}

#[derive(Debug)]
pub(crate) struct Disk {
    names: Names,
    nodes: Vec<Node>,
    inodes: HashMap<u64, Id>,
    /// For each sync under way how many changes of which node it brings to disk.
    syncs: HashMap<u64, Vec<(Id, u64)>>,
    events: u64,
    /// Everything that was told, line by line.
    pub(crate) told: String,
}

const ROOT: Id = 0;

impl<T> Pending<T> {
    fn new() -> Self {
        Self { before: 0, changes: VecDeque::new() }
    }

    fn end(&self) -> u64 {
        self.before + self.changes.len() as u64
    }

    /// Takes out what comes before a count of changes.
    fn drain(&mut self, end: u64) -> impl Iterator<Item = T> {
        let count = end.saturating_sub(self.before) as usize;
        let drained = self.changes.drain(..count.min(self.changes.len()));
        self.before = self.before.max(end);
        drained.map(|(_, change)| change)
    }
}

impl Node {
    fn folder() -> Self {
        let (now, synced) = Default::default();
        Self::Folder { now, synced, pending: Pending::new() }
    }

    fn synced_through(&mut self, end: u64) {
        match self {
            Self::File { synced, pending } => {
                for change in pending.drain(end) {
                    apply_to_file(synced, &change);
                }
            }
            Self::Folder { synced, pending, .. } => {
                for change in pending.drain(end) {
                    apply_name(synced, change);
                }
            }
        }
    }

    fn end(&self) -> u64 {
        match self {
            Self::File { pending, .. } => pending.end(),
            Self::Folder { pending, .. } => pending.end(),
        }
    }
}

fn apply_to_file(content: &mut Content, change: &FileChange) {
    match change {
        FileChange::Written(offset, bytes) => content.write(*offset, bytes),
        FileChange::Resized(length) => content.resize(*length),
    }
}

fn apply_name(entries: &mut Entries, change: NameChange) {
    match change {
        NameChange::Given(name, id) => entries.insert(name, id),
        NameChange::Renamed(from, to, id) => {
            entries.remove(&from);
            entries.insert(to, id)
        }
        NameChange::Removed(name) => entries.remove(&name),
    };
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

impl Disk {
    /// A disk with an empty folder on it.
    pub(crate) fn new(names: Names) -> Self {
        Self {
            names,
            nodes: vec![Node::folder()],
            inodes: HashMap::new(),
            syncs: HashMap::new(),
            events: 0,
            told: String::new(),
        }
    }

    pub(crate) fn handle(&mut self, event: &Event) {
        self.events += 1;
        match event {
            Event::FileMade { inode, path } => {
                let node = Node::File { synced: Content::default(), pending: Pending::new() };
                self.make(*inode, path, node);
            }
            Event::FolderMade { inode, path } => self.make(*inode, path, Node::folder()),
            Event::Opened { inode, path } => self.open(*inode, path),
            Event::Written { inode, offset, bytes } => {
                self.change(*inode, FileChange::Written(*offset, bytes.clone()));
            }
            Event::Resized { inode, length } => self.change(*inode, FileChange::Resized(*length)),
            Event::SyncBegun { inode, number } => self.begin_sync(*inode, *number),
            Event::SyncDone { number } => {
                for (id, end) in self.syncs.remove(number).unwrap() {
                    self.nodes[id].synced_through(end);
                }
            }
            Event::Renamed { from, to } => self.rename(from, to),
            Event::Removed { path } => {
                let (folder, name) = split(path);
                self.name(folder, NameChange::Removed(name.to_owned()));
            }
            Event::Told(text) => self.told.push_str(text),
        }
    }

    fn find(&self, path: &str) -> Option<Id> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(ROOT, |id, name| {
            let Node::Folder { now, .. } = &self.nodes[id] else { return None };
            now.get(name).copied()
        })
    }

    fn make(&mut self, inode: u64, path: &str, node: Node) {
        let id = self.nodes.len();
        self.nodes.push(node);
        self.inodes.insert(inode, id);
        let (folder, name) = split(path);
        self.name(folder, NameChange::Given(name.to_owned(), id));
    }

    /// Somebody opened it, which tells where it is. Temporary files get their name by a
    /// system call that is not recorded; it is noticed here.
    fn open(&mut self, inode: u64, path: &str) {
        let there = self.find(path);
        match (self.inodes.get(&inode).copied(), there) {
            (None, Some(id)) => {
                self.inodes.insert(inode, id);
            }
            (Some(id), there) if there != Some(id) => {
                let (folder, name) = split(path);
                let Node::Folder { now, .. } = &self.nodes[self.find(folder).unwrap()] else {
                    panic!("{folder} is a file");
                };
                let (before, _) = now.iter().find(|(_, other)| **other == id).unwrap();
                let change = NameChange::Renamed(before.clone(), name.to_owned(), id);
                self.name(folder, change);
            }
            (Some(_), _) => {}
            (None, None) => panic!("{path} was never made"),
        }
    }

    fn name(&mut self, folder: &str, change: NameChange) {
        let id = self.find(folder).unwrap();
        let Node::Folder { now, pending, .. } = &mut self.nodes[id] else {
            panic!("{folder} is a file");
        };
        apply_name(now, change.clone());
        pending.changes.push_back((self.events, change));
    }

    fn rename(&mut self, from: &str, to: &str) {
        let ((folder, before), (other, after)) = (split(from), split(to));
        assert_eq!(folder, other, "between folders nothing is renamed");
        let id = self.find(from).unwrap();
        self.name(folder, NameChange::Renamed(before.to_owned(), after.to_owned(), id));
    }

    fn change(&mut self, inode: u64, change: FileChange) {
        let id = self.inodes[&inode];
        let Node::File { pending, .. } = &mut self.nodes[id] else { panic!("a folder is written") };
        pending.changes.push_back((self.events, change));
    }

    fn begin_sync(&mut self, inode: u64, number: u64) {
        let id = self.inodes[&inode];
        let mut brought = vec![(id, self.nodes[id].end())];
        if self.names == Names::Ordered {
            let folders = self.nodes.iter().enumerate();
            let folders = folders.filter(|(_, node)| matches!(node, Node::Folder { .. }));
            brought.extend(folders.map(|(id, node)| (id, node.end())));
        }
        self.syncs.insert(number, brought);
    }

    /// Builds in `folder` what a power loss now may leave.
    pub(crate) fn save(
        &self,
        folder: &Path,
        unsynced: Unsynced,
        random: &mut Random,
    ) -> io::Result<()> {
        // How far names got, where they reach the disk in order.
        let through = match unsynced {
            Unsynced::Dropped => 0,
            Unsynced::Kept => u64::MAX,
            Unsynced::Torn { .. } => self.events - random.below(self.events.min(400) + 1),
        };
        self.save_folder(ROOT, folder, unsynced, through, random)
    }

    fn save_folder(
        &self,
        id: Id,
        path: &Path,
        unsynced: Unsynced,
        through: u64,
        random: &mut Random,
    ) -> io::Result<()> {
        fs::create_dir_all(path)?;
        let Node::Folder { synced, pending, .. } = &self.nodes[id] else { panic!("a file") };
        let mut entries = synced.clone();
        let kept = match (self.names, unsynced) {
            (Names::Strict, Unsynced::Torn { .. }) => {
                random.below(pending.changes.len() as u64 + 1)
            }
            _ => pending.changes.iter().take_while(|(event, _)| *event <= through).count() as u64,
        };
        for (_, change) in pending.changes.iter().take(kept as usize) {
            apply_name(&mut entries, change.clone());
        }
        for (name, id) in entries {
            let path = path.join(name);
            match &self.nodes[id] {
                Node::Folder { .. } => self.save_folder(id, &path, unsynced, through, random)?,
                Node::File { synced, pending } => {
                    content_left(synced, pending, unsynced, random).save(&path)?;
                }
            }
        }
        Ok(())
    }
}

/// What a file holds after a power loss.
fn content_left(
    synced: &Content,
    pending: &Pending<FileChange>,
    unsynced: Unsynced,
    random: &mut Random,
) -> Content {
    let mut content = synced.clone();
    let sectors = match unsynced {
        Unsynced::Dropped => return content,
        Unsynced::Kept => {
            for (_, change) in &pending.changes {
                apply_to_file(&mut content, change);
            }
            return content;
        }
        Unsynced::Torn { sectors } => sectors,
    };
    // How often each piece was written, then which of its versions it has.
    let mut versions: HashMap<u64, u64> = HashMap::new();
    let pieces_of = |offset: u64, bytes: &[u8]| {
        let mut pieces: Vec<_> = parts(offset, bytes).map(|(at, ..)| at / sectors).collect();
        pieces.dedup();
        pieces
    };
    let mut resizes = 0;
    for (_, change) in &pending.changes {
        match change {
            FileChange::Resized(_) => resizes += 1,
            FileChange::Written(offset, bytes) => {
                for piece in pieces_of(*offset, bytes) {
                    *versions.entry(piece).or_default() += 1;
                }
            }
        }
    }
    let mut pieces: Vec<_> = versions.iter_mut().collect();
    pieces.sort();
    for (_, version) in pieces {
        *version = random.below(*version + 1);
    }
    let mut resizes = random.below(resizes + 1);
    for (_, change) in &pending.changes {
        match change {
            FileChange::Resized(length) if resizes > 0 => {
                resizes -= 1;
                content.resize(*length);
            }
            FileChange::Resized(_) => {}
            FileChange::Written(offset, bytes) => {
                let kept: Vec<_> = pieces_of(*offset, bytes)
                    .into_iter()
                    .filter(|piece| {
                        let left = versions.get_mut(piece).unwrap();
                        let kept = *left > 0;
                        *left = left.saturating_sub(1);
                        kept
                    })
                    .collect();
                for (sector, within, part) in parts(*offset, bytes) {
                    if kept.contains(&(sector / sectors)) {
                        content.write(sector * super::content::SECTOR as u64 + within as u64, part);
                    }
                }
            }
        }
    }
    content
}
