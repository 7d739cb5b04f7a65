//! Reads what `strace` wrote, and finds answers that were sent before what they say was on the disk.

use std::collections::HashMap;

/// What to trace, with threads, descriptors as paths and addresses, and all text in hexadecimal.
pub const STRACE: [&str; 8] = [
    "strace",
    "-D",
    "-f",
    "-yy",
    "-xx",
    "-s8192",
    "-etrace=fdatasync,fsync,write,writev,sendto,sendmsg,pwrite64",
    "-o",
];

/// One write of which the server said that it is done.
pub struct Answered {
    /// Text that stands in a row that it wrote, and in none before.
    pub row: String,
    /// Text that stands in its answer, and in none before.
    pub answer: String,
}

/// A system call, in the order of the trace's lines: when it was begun and when it had returned.
struct Event {
    thread: u32,
    begun: usize,
    returned: usize,
    kind: Kind,
    /// What was written, sent.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// To the write-ahead log.
    Write,
    /// Of the write-ahead log, successfully.
    Sync,
    /// To a client.
    Send,
}

/// The trace of one run.
pub struct Trace(Vec<Event>);

impl Trace {
    pub fn parse(text: &str) -> Self {
        let mut unfinished = HashMap::new();
        let mut events = Vec::new();
        for (line, text) in text.lines().enumerate() {
            let (thread, call) = text.split_once(' ').unwrap();
            let (thread, call): (u32, _) = (thread.parse().unwrap(), call.trim_start());
            if let Some(begin) = call.strip_suffix(" <unfinished ...>") {
                unfinished.insert(thread, (line, begin.to_owned()));
            } else if let Some((_, end)) = call.strip_prefix("<... ").and_then(|call| call.split_once(" resumed>")) {
                let (begun, begin) = unfinished.remove(&thread).unwrap();
                events.extend(event(thread, begun, line, &format!("{begin}{end}")));
            } else {
                events.extend(event(thread, line, line, call));
            }
        }
        Self(events)
    }

    /// What is wrong with each answer that did not wait for the disk.
    pub fn violations(&self, answers: &[Answered]) -> Vec<String> {
        answers.iter().filter_map(|answered| self.check(answered).err()).collect()
    }

    /// The row's first write belongs to its commit. The writing thread then goes on to the commit's last frame, and
    /// syncs; the answer may begin only when that has returned.
    fn check(&self, Answered { row, answer }: &Answered) -> Result<(), String> {
        let send = self.first(Kind::Send, answer).ok_or(format!("the answer about {row} was never sent"))?;
        let write = self.first(Kind::Write, row).ok_or(format!("{row} was never written to the log"))?;
        let of_thread = || self.0.iter().filter(|event| event.thread == write.thread);
        let sync = of_thread().find(|event| event.kind == Kind::Sync && event.begun > write.returned);
        let sync = sync.ok_or(format!("the log was never synced after {row} was written"))?;
        let headers = of_thread().filter(|event| event.kind == Kind::Write && event.bytes.len() == FRAME_HEADER);
        // Each page's header is written before it.
        let header = headers.take_while(|event| event.begun < sync.begun).last();
        let header = header.ok_or_else(|| format!("{row} is in no frame"))?;
        if header.bytes[4..8] == [0; 4] {
            return Err(format!("the sync after {row} came before its commit's last frame"));
        }
        if sync.returned >= send.begun {
            return Err(format!("the answer about {row} was sent before the log was synced"));
        }
        Ok(())
    }

    fn first(&self, kind: Kind, text: &str) -> Option<&Event> {
        let holds = |event: &Event| event.bytes.windows(text.len()).any(|window| window == text.as_bytes());
        self.0.iter().filter(|event| event.kind == kind && holds(event)).min_by_key(|event| event.begun)
    }
}

/// <https://sqlite.org/fileformat2.html#walformat>: bytes 4 to 8 are not zero in a commit's last frame.
const FRAME_HEADER: usize = 24;

/// `None` for a call that has nothing to do with the order, or failed.
fn event(thread: u32, begun: usize, returned: usize, call: &str) -> Option<Event> {
    let (name, rest) = call.split_once('(')?;
    let (_, result) = rest.rsplit_once(" = ")?;
    let (descriptor, rest) = rest.split_once('<')?.1.split_once('>')?;
    let is_socket = descriptor.starts_with("TCP:[");
    // An address holds `>` itself.
    let rest = if is_socket { rest.split_once('>')?.1 } else { rest };
    let is_log = unhex(descriptor).ends_with(b"-wal");
    let kind = match name {
        "fsync" | "fdatasync" if is_log && result.starts_with('0') => Kind::Sync,
        "write" | "pwrite64" if is_log => Kind::Write,
        _ if is_socket => Kind::Send,
        _ => return None,
    };
    let bytes = rest.split('"').skip(1).step_by(2).flat_map(unhex).collect();
    Some(Event { thread, begun, returned, kind, bytes })
}

/// `\x41\x42` → `AB`.
fn unhex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).filter_map(|pair| u8::from_str_radix(pair.get(..2)?, 16).ok()).collect()
}
