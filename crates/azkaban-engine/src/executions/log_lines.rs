//! Logs by lines: pages by number, searches, the first line that looks like an error, and what comes after a place.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use azkaban_core::ids::NodeIndex;
use azkaban_runner::{LogFiles, LogPosition};
use regex::bytes::{Regex, RegexBuilder};
use tokio::sync::mpsc;

use super::ExecutionView;
use crate::error::Internal;
use crate::{Engine, LogError, executor};

/// Lines of a page.
pub const PAGE_LINES: u64 = 500;
/// Bytes of a line that are shown.
pub const MAX_LINE: usize = 16 * 1024;
/// Bytes of a line that are searched.
const MAX_SEARCHED: usize = 256 * 1024;
/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;
/// Bytes whose lines are counted at a time.
const BLOCK: usize = 4 * 1024;
/// Logs whose pages are remembered.
const REMEMBERED: usize = 128;
/// Bytes of a compiled pattern.
const MAX_PATTERN: usize = 1 << 20;
/// Hits on their way to whoever reads them.
const HITS_UNDER_WAY: usize = 256;

/// Lines that look like errors, the strongest signs only: a first look should not end at a harmless word.
static ERROR: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?x)
        \b(ERROR|FATAL|SEVERE|CRITICAL)\b
        | ^\s*Traceback\ \(most\ recent\ call\ last\)
        | ^[\w.$]*(Exception|Error)(:|\s|$)
        | Caused\ by:
        | \b(error|fatal):
        | ORA-\d{5}
        | Segmentation\ fault | command\ not\ found | No\ such\ file\ or\ directory | Permission\ denied
        | \bOut\ ?Of\ ?Memory";
    Regex::new(pattern).expect("the pattern is a constant, and a test compiles it")
});

/// Which log of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogOf {
    /// The flow's own.
    Flow,
    /// That of an attempt of a job.
    Job {
        /// The job.
        node: NodeIndex,
        /// 0 for the first.
        attempt: u32,
    },
}

/// Some lines of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// The number of the page.
    pub page: u64,
    /// The lines, without their ends, cut to [`MAX_LINE`] bytes.
    pub lines: Vec<String>,
    /// Places in `lines` of those that were cut.
    pub cut: Vec<usize>,
    /// Lines of the whole log, an unfinished last one included.
    pub total_lines: u64,
    /// Bytes of the whole log.
    pub total_bytes: u64,
    /// The beginning of the log was rolled away; lines are counted from what is kept.
    pub rolled: bool,
    /// Nothing will be added.
    pub complete: bool,
}

/// A line that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHit {
    /// Its number, from 0 on.
    pub line: u64,
    /// Where it begins, in bytes.
    pub offset: u64,
    /// The line, cut to [`MAX_LINE`] bytes.
    pub text: String,
    /// Where the pattern matches in `text`, in characters, at most 100 of them.
    pub spans: Vec<(usize, usize)>,
}

/// What a search sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchNews {
    /// A line that matches.
    Hit(LogHit),
    /// The end of the search.
    End {
        /// Lines that match.
        hits: u64,
        /// There may be more.
        truncated: bool,
        /// Lines that were looked at.
        lines: u64,
    },
    /// The log could not be read to its end.
    Failed,
}

/// What to search for.
#[derive(Debug, Clone)]
pub struct LogPattern(Regex);

impl LogPattern {
    /// A text, or a regular expression.
    ///
    /// # Errors
    /// What is wrong with the expression, in words.
    pub fn new(text: &str, is_expression: bool, case_sensitive: bool) -> Result<Self, String> {
        let pattern = if is_expression { text.to_owned() } else { regex::escape(text) };
        let built =
            RegexBuilder::new(&pattern).case_insensitive(!case_sensitive).size_limit(MAX_PATTERN).build();
        built.map(Self).map_err(|error| error.to_string())
    }
}

/// What comes after a place of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTail {
    /// Where it begins; later than asked for if the log has rolled meanwhile.
    pub from: LogPosition,
    /// Where the next part begins.
    pub next: LogPosition,
    /// Whole characters only.
    pub text: String,
    /// There was nothing more than this, and nothing will be added.
    pub complete: bool,
}

/// Starts of pages, as far as a log has been read.
#[derive(Debug, Clone, Default)]
struct PageIndex {
    /// The first segment when it was made; another one makes it useless.
    first_segment: u32,
    /// Bytes that are counted.
    scanned: u64,
    /// Ends of lines among them.
    ends: u64,
    /// Where line 0, 500, 1000, … begins.
    starts: Vec<u64>,
}

/// One log's index: whoever comes while it is made waits for it.
type SharedIndex = Arc<Mutex<PageIndex>>;

/// Page starts of logs that somebody looks at.
pub(crate) struct LogIndexes(Mutex<HashMap<PathBuf, (u64, SharedIndex)>>);

impl LogIndexes {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// That of a log. The one that was used longest ago makes room.
    fn of(&self, path: &PathBuf) -> SharedIndex {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = kept.values().map(|(age, _)| *age).max().unwrap_or(0) + 1;
        if let Some((used, index)) = kept.get_mut(path) {
            *used = age;
            return Arc::clone(index);
        }
        if kept.len() >= REMEMBERED
            && let Some(oldest) = kept.iter().min_by_key(|(_, (age, _))| *age).map(|(path, _)| path.clone())
        {
            kept.remove(&oldest);
        }
        let index = SharedIndex::default();
        kept.insert(path.clone(), (age, Arc::clone(&index)));
        index
    }
}

impl PageIndex {
    /// Reads on to the end of the log.
    fn extend(&mut self, log: &LogFiles) -> std::io::Result<()> {
        let first = log.start().segment;
        if first != self.first_segment || log.len() < self.scanned || self.starts.is_empty() {
            *self = Self { first_segment: first, starts: vec![0], ..Self::default() };
        }
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = log.read_into(self.scanned, &mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            for block in buffer[..read].chunks(BLOCK) {
                self.count(block);
            }
        }
    }

    /// Counts on. Ends of lines are looked at one by one only where a page begins: of most blocks their number is enough.
    fn count(&mut self, block: &[u8]) {
        let ends = memchr::memchr_iter(b'\n', block).count() as u64;
        if self.ends / PAGE_LINES == (self.ends + ends) / PAGE_LINES {
            self.ends += ends;
        } else {
            for place in memchr::memchr_iter(b'\n', block) {
                self.ends += 1;
                if self.ends.is_multiple_of(PAGE_LINES) {
                    self.starts.push(self.scanned + place as u64 + 1);
                }
            }
        }
        self.scanned += block.len() as u64;
    }
}

/// Lines of a log from an offset on, one after the other, with a bound on what is held of each.
struct Lines<'a> {
    log: &'a LogFiles,
    /// Where the buffer begins.
    offset: u64,
    buffer: Vec<u8>,
    at: usize,
}

impl<'a> Lines<'a> {
    fn new(log: &'a LogFiles, offset: u64) -> Self {
        Self { log, offset, buffer: Vec::new(), at: 0 }
    }

    /// Calls `take` with the offset and at most `most` bytes of each line and whether it was cut, until it says stop.
    fn each(&mut self, most: usize, mut take: impl FnMut(u64, &[u8], bool) -> bool) -> std::io::Result<()> {
        let mut line: Vec<u8> = Vec::new();
        let (mut start, mut cut, mut any) = (self.offset, false, false);
        loop {
            if self.at == self.buffer.len() {
                self.offset += self.buffer.len() as u64;
                self.buffer = self.log.read(self.offset, CHUNK)?;
                self.at = 0;
                if self.buffer.is_empty() {
                    if any {
                        take(start, &line, cut);
                    }
                    return Ok(());
                }
            }
            any = true;
            let rest = &self.buffer[self.at..];
            let end = memchr::memchr(b'\n', rest);
            let piece = &rest[..end.unwrap_or(rest.len())];
            let room = most.saturating_sub(line.len());
            cut |= piece.len() > room;
            line.extend_from_slice(&piece[..piece.len().min(room)]);
            self.at += piece.len() + usize::from(end.is_some());
            if end.is_some() {
                if !take(start, &line, cut) {
                    return Ok(());
                }
                line.clear();
                (start, cut, any) = (self.offset + self.at as u64, false, false);
            }
        }
    }
}

/// Text of a line, without a carriage return at its end.
fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    String::from_utf8_lossy(&line[..line.len().min(MAX_LINE)]).into_owned()
}

impl Engine {
    fn log_path(&self, view: &ExecutionView, of: LogOf) -> PathBuf {
        let (folder, id) = (&self.inner.config.log_dir, view.summary.id);
        match of {
            LogOf::Flow => executor::flow_log_path(folder, id, &view.summary.flow_id),
            LogOf::Job { node, attempt } => {
                executor::job_log_path(folder, id, &view.graph.node(node).path, attempt)
            }
        }
    }

    /// Whether nothing is added any more to a log as of `view`.
    fn is_complete(&self, view: &ExecutionView, of: LogOf) -> bool {
        /// The last lines of a flow's log are written just after its end is told.
        const FLOW_LOG_DELAY: i64 = 2_000;
        let over = view.summary.status.is_terminal_for_execution();
        match of {
            LogOf::Flow => {
                over && view.summary.ended_at.is_none_or(|ended| self.now().0 - ended.0 > FLOW_LOG_DELAY)
            }
            LogOf::Job { node, attempt } => view
                .nodes
                .get(node.get())
                .is_none_or(|state| over || state.attempt > attempt || state.status.is_finished()),
        }
    }

    /// A page of a log; the last one if `page` is `None`. Beyond the end it has no lines.
    ///
    /// # Errors
    /// [`LogError::NotStarted`] if there is no log.
    pub async fn execution_log_page(
        &self,
        view: &ExecutionView,
        of: LogOf,
        page: Option<u64>,
    ) -> Result<LogPage, LogError> {
        // Asked before the log is read: what is complete then is whole below.
        let complete = self.is_complete(view, of);
        let (path, indexes) = (self.log_path(view, of), Arc::clone(&self.inner.log_indexes));
        let read = move || {
            let Some(log) = LogFiles::open(&path)? else { return Ok(None) };
            let index = indexes.of(&path);
            let mut index = index.lock().unwrap_or_else(PoisonError::into_inner);
            index.extend(&log)?;
            let total_bytes = index.scanned;
            // A last line without its end counts.
            let last_end = index.ends;
            let open_end = total_bytes > 0 && log.read(total_bytes - 1, 1)? != b"\n";
            let total_lines = last_end + u64::from(open_end);
            let page = page.unwrap_or(total_lines.saturating_sub(1) / PAGE_LINES);
            let place = usize::try_from(page).unwrap_or(usize::MAX);
            let start = index.starts.get(place).copied();
            drop(index);
            let (mut lines, mut cut) = (Vec::new(), Vec::new());
            if let Some(start) = start.filter(|_| page * PAGE_LINES < total_lines) {
                Lines::new(&log, start).each(MAX_LINE, |_, line, is_cut| {
                    if is_cut {
                        cut.push(lines.len());
                    }
                    lines.push(text(line));
                    (lines.len() as u64) < PAGE_LINES
                })?;
            }
            let rolled = log.start().segment > 0;
            Ok(Some(LogPage { page, lines, cut, total_lines, total_bytes, rolled, complete }))
        };
        blocking(read).await?.ok_or(LogError::NotStarted)
    }

    /// Lines that match, as they are found, at most `limit` of them. The search stops when the receiver is dropped.
    ///
    /// # Errors
    /// [`LogError::NotStarted`] if there is no log.
    pub async fn execution_log_search(
        &self,
        view: &ExecutionView,
        of: LogOf,
        pattern: LogPattern,
        limit: u64,
    ) -> Result<mpsc::Receiver<SearchNews>, LogError> {
        let path = self.log_path(view, of);
        let log = blocking(move || LogFiles::open(&path)).await?.ok_or(LogError::NotStarted)?;
        let (sender, receiver) = mpsc::channel(HITS_UNDER_WAY);
        tokio::task::spawn_blocking(move || {
            let end =
                search(&log, &pattern.0, limit, |hit| sender.blocking_send(SearchNews::Hit(hit)).is_ok());
            // Whoever asked may have gone.
            let _ = sender.blocking_send(end.unwrap_or(SearchNews::Failed));
        });
        Ok(receiver)
    }

    /// The first line of a log that looks like an error.
    ///
    /// # Errors
    /// [`LogError::NotStarted`] if there is no log.
    pub async fn execution_log_first_error(
        &self,
        view: &ExecutionView,
        of: LogOf,
    ) -> Result<Option<LogHit>, LogError> {
        let path = self.log_path(view, of);
        let read = move || {
            let Some(log) = LogFiles::open(&path)? else { return Ok(None) };
            let mut found = None;
            search(&log, &ERROR, 1, |hit| {
                found = Some(hit);
                false
            })?;
            Ok(Some(found))
        };
        blocking(read).await?.ok_or(LogError::NotStarted)
    }

    /// What comes after a place of a log, at most `length` bytes of it; without a place, its end.
    ///
    /// # Errors
    /// [`LogError::NotStarted`] if there is no log.
    pub async fn execution_log_tail(
        &self,
        view: &ExecutionView,
        of: LogOf,
        from: Option<LogPosition>,
        length: usize,
    ) -> Result<LogTail, LogError> {
        let complete = self.is_complete(view, of);
        let path = self.log_path(view, of);
        let read = move || {
            let Some(log) = LogFiles::open(&path)? else { return Ok(None) };
            let start = match from {
                Some(position) => log.offset(position),
                None => whole_line(&log, log.len().saturating_sub(length as u64))?,
            };
            let mut bytes = log.read(start, length.max(4))?;
            let at_end = start + bytes.len() as u64 >= log.len();
            let whole = if at_end && complete { bytes.len() } else { whole_characters(&bytes) };
            bytes.truncate(whole);
            let next = start + whole as u64;
            Ok(Some(LogTail {
                from: log.position(start),
                next: log.position(next),
                text: String::from_utf8_lossy(&bytes).into_owned(),
                complete: complete && at_end,
            }))
        };
        blocking(read).await?.ok_or(LogError::NotStarted)
    }
}

async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, LogError> {
    let done = tokio::task::spawn_blocking(read).await.map_err(Internal::new)?;
    Ok(done.map_err(Internal::new)?)
}

/// The start of the first whole line at or after `offset`, unless it is the log's start already.
fn whole_line(log: &LogFiles, offset: u64) -> std::io::Result<u64> {
    if offset == 0 {
        return Ok(0);
    }
    let around = log.read(offset - 1, CHUNK)?;
    let end = memchr::memchr(b'\n', &around);
    Ok(end.map_or(offset, |end| offset + end as u64))
}

/// How many bytes hold whole characters; bytes that are no text count as they are.
fn whole_characters(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    let lead = bytes[tail..].iter().rposition(|byte| *byte >= 0xC0);
    let Some(start) = lead.map(|place| tail + place) else { return bytes.len() };
    let needed = match bytes[start] {
        0xF0.. => 4,
        0xE0.. => 3,
        _ => 2,
    };
    if bytes.len() - start < needed { start } else { bytes.len() }
}

fn search(
    log: &LogFiles,
    pattern: &Regex,
    limit: u64,
    mut found: impl FnMut(LogHit) -> bool,
) -> std::io::Result<SearchNews> {
    let (mut hits, mut number, mut truncated) = (0, 0, false);
    Lines::new(log, 0).each(MAX_SEARCHED, |offset, line, _| {
        number += 1;
        if !pattern.is_match(line) {
            return true;
        }
        hits += 1;
        let text = text(line);
        let spans = spans(pattern, &text);
        let wanted = found(LogHit { line: number - 1, offset, text, spans });
        truncated = !wanted || hits >= limit;
        !truncated
    })?;
    Ok(SearchNews::End { hits, truncated, lines: number })
}

/// Where a pattern matches, in characters.
fn spans(pattern: &Regex, text: &str) -> Vec<(usize, usize)> {
    const MOST: usize = 100;
    let characters = |end: usize| String::from_utf8_lossy(&text.as_bytes()[..end]).chars().count();
    let matches = pattern.find_iter(text.as_bytes()).filter(|found| !found.is_empty());
    matches.take(MOST).map(|found| (characters(found.start()), characters(found.end()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(text: &[u8]) -> (tempfile::TempDir, LogFiles) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.log"), text).unwrap();
        let log = LogFiles::open(&folder.path().join("a.log")).unwrap().unwrap();
        (folder, log)
    }

    #[test]
    fn page_starts_grow_with_the_log() {
        let (folder, first) = log("x\n".repeat(1_200).as_bytes());
        let mut index = PageIndex::default();
        index.extend(&first).unwrap();
        assert_eq!((index.ends, &index.starts), (1_200, &vec![0, 1_000, 2_000]));
        std::fs::write(folder.path().join("a.log"), "x\n".repeat(1_500)).unwrap();
        let longer = LogFiles::open(&folder.path().join("a.log")).unwrap().unwrap();
        index.extend(&longer).unwrap();
        assert_eq!((index.ends, &index.starts), (1_500, &vec![0, 1_000, 2_000, 3_000]));
        // A shorter log is another one.
        std::fs::write(folder.path().join("a.log"), "y\n").unwrap();
        let other = LogFiles::open(&folder.path().join("a.log")).unwrap().unwrap();
        index.extend(&other).unwrap();
        assert_eq!((index.ends, &index.starts), (1, &vec![0]));
    }

    #[test]
    fn a_page_begins_wherever_blocks_are_cut() {
        // Lines of 100 bytes do not fit blocks, and a page spans some of them.
        let (_folder, log) = log(format!("{}\n", "z".repeat(99)).repeat(1_200).as_bytes());
        let mut index = PageIndex::default();
        index.extend(&log).unwrap();
        assert_eq!((index.ends, &index.starts), (1_200, &vec![0, 50_000, 100_000]));
    }

    #[test]
    fn lines_are_bounded_and_whole_over_chunks() {
        let long = "z".repeat(CHUNK + 10);
        let content = format!("a\r\n{long}\n\nlast");
        let (_folder, log) = log(content.as_bytes());
        let mut seen = Vec::new();
        Lines::new(&log, 0)
            .each(100, |offset, line, cut| {
                seen.push((offset, line.len(), cut));
                true
            })
            .unwrap();
        let third = 3 + long.len() as u64 + 1;
        assert_eq!(seen, [(0, 2, false), (3, 100, true), (third, 0, false), (third + 1, 4, false)]);
        assert_eq!(text(b"a\r"), "a");
    }

    #[test]
    fn a_search_tells_lines_places_and_its_end() {
        let (_folder, log) = log("one\ntwo é TWO\nthree\ntwo".as_bytes());
        let find = |text: &str, expression: bool, limit: u64| {
            let mut hits = Vec::new();
            let pattern = LogPattern::new(text, expression, false).unwrap();
            let end = search(&log, &pattern.0, limit, |hit| {
                hits.push((hit.line, hit.offset, hit.spans));
                true
            });
            (hits, end.unwrap())
        };
        let (hits, end) = find("two", false, 10);
        assert_eq!(hits, [(1, 4, vec![(0, 3), (6, 9)]), (3, 21, vec![(0, 3)])]);
        assert_eq!(end, SearchNews::End { hits: 2, truncated: false, lines: 4 });
        assert_eq!(find("t(w|h)", true, 1).1, SearchNews::End { hits: 1, truncated: true, lines: 2 });
        assert!(find("t.", false, 9).0.is_empty());
        assert!(LogPattern::new("(", true, true).is_err());
        assert!(LogPattern::new("(a{1000}){1000}", true, true).is_err());
    }

    #[test]
    fn only_strong_signs_are_errors() {
        for (line, is_error) in [
            ("24-11-2026 10:24:03 PST load ERROR - x", true),
            ("java.lang.NullPointerException: null", true),
            ("Traceback (most recent call last):", true),
            ("sh: foo: command not found", true),
            ("ORA-00054: resource busy", true),
            ("ValueError: bad", true),
            ("0 errors, 0 warnings", false),
            ("log_error_level=info", false),
            ("errors: none", false),
        ] {
            assert_eq!(ERROR.is_match(line.as_bytes()), is_error, "{line}");
        }
    }

    #[test]
    fn characters_are_never_cut() {
        let bytes = "aé€😀".as_bytes();
        for (length, whole) in [(1, 1), (2, 1), (3, 3), (4, 3), (5, 3), (6, 6), (7, 6), (9, 6), (10, 10)] {
            assert_eq!(whole_characters(&bytes[..length]), whole, "{length}");
        }
        assert_eq!(whole_characters(b"\x80\x80\x80\x80"), 4);
    }
}
