//! Reads what recorder.c wrote.

/// What a process did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    FileMade {
        inode: u64,
        path: String,
    },
    FolderMade {
        inode: u64,
        path: String,
    },
    Opened {
        inode: u64,
        path: String,
    },
    Written {
        inode: u64,
        offset: u64,
        bytes: Vec<u8>,
    },
    Resized {
        inode: u64,
        length: u64,
    },
    SyncBegun {
        inode: u64,
        number: u64,
    },
    SyncDone {
        number: u64,
    },
    Renamed {
        from: String,
        to: String,
    },
    Removed {
        path: String,
    },
    /// Said to the world: from now on it must be true.
    Told(String),
}

impl Event {
    /// Whether it changes what is where, which is when engines are most at risk.
    pub(crate) fn changes_names(&self) -> bool {
        matches!(
            self,
            Self::FileMade { .. }
                | Self::FolderMade { .. }
                | Self::Resized { .. }
                | Self::Renamed { .. }
                | Self::Removed { .. }
        )
    }
}

/// Every event of a record, in order.
pub(crate) fn events(mut record: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    while !record.is_empty() {
        let kind = take(&mut record, 1)[0];
        let mut number = || u64::from_ne_bytes(take(&mut record, 8).try_into().unwrap());
        let (a, b, length) = (number(), number(), number());
        let mut short = || u16::from_ne_bytes(take(&mut record, 2).try_into().unwrap());
        let (path, other) = (short(), short());
        let mut text =
            |length: u16| String::from_utf8(take(&mut record, length.into()).to_vec()).unwrap();
        let (path, other) = (text(path), text(other));
        let bytes = take(&mut record, usize::try_from(length).unwrap()).to_vec();
        events.push(match kind {
            b'C' => Event::FileMade { inode: a, path },
            b'D' => Event::FolderMade { inode: a, path },
            b'O' => Event::Opened { inode: a, path },
            b'W' => Event::Written { inode: a, offset: b, bytes },
            b'T' => Event::Resized { inode: a, length: b },
            b'S' => Event::SyncBegun { inode: a, number: b },
            b'E' => Event::SyncDone { number: b },
            b'R' => Event::Renamed { from: path, to: other },
            b'U' => Event::Removed { path },
            b'A' => Event::Told(String::from_utf8(bytes).unwrap()),
            other => panic!("unknown kind {other}"),
        });
    }
    events
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (head, tail) = rest.split_at(length);
    *rest = tail;
    head
}
