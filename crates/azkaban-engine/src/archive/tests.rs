use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use azkaban_core::project::LoadLimits;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::error::ArchiveError;
use super::unpack::{Extracted, Sources, unpack};
use crate::config::ArchiveLimits;

mod bytes;
mod fuzz;

use bytes::{Item, Zip, item};

fn limits() -> ArchiveLimits {
    ArchiveLimits {
        max_archive_bytes: 64 << 20,
        max_unpacked_bytes: 128 << 20,
        max_entries: 1000,
        max_ratio: 100,
        load: LoadLimits::default(),
    }
}

struct Outcome {
    folder: tempfile::TempDir,
    result: Result<Extracted, ArchiveError>,
}

impl Outcome {
    fn target(&self) -> std::path::PathBuf {
        self.folder.path().join("in").join("target")
    }

    fn error(&self) -> String {
        match &self.result {
            Ok(_) => "taken".to_owned(),
            Err(ArchiveError::Broken(broken)) => {
                assert_eq!(broken.to_string(), "Error unzipping file.");
                format!("broken: {}", broken.reason())
            }
            Err(ArchiveError::Refused(refusal)) => format!("refused: {refusal}"),
            Err(ArchiveError::Io(error)) => format!("io: {error}"),
        }
    }
}

fn unpack_bytes(bytes: &[u8], limits: &ArchiveLimits) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("in").join("target");
    std::fs::create_dir_all(&target).unwrap();
    let mut archive = tempfile::tempfile().unwrap();
    archive.write_all(bytes).unwrap();
    let result = unpack(&archive, &target, limits, Sources::Collect);
    let outcome = Outcome { folder, result };
    assert_eq!(names_in(outcome.folder.path()), ["in"], "something was written outside");
    assert_eq!(names_in(&outcome.folder.path().join("in")), ["target"], "something was written outside");
    outcome
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn bytes_in(folder: &Path) -> u64 {
    let mut sum = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let meta = entry.metadata().unwrap();
            if meta.is_dir() { folders.push(entry.path()) } else { sum += meta.len() }
        }
    }
    sum
}

#[test]
fn files_come_out_as_they_went_in() {
    let large = "0123456789abcdef".repeat(20_000);
    let zip = Zip::of([
        item("x/y/a.job", "type=noop\n"),
        item("run.sh", "#!/bin/sh\n").mode(0o100_755),
        item("stored.txt", "stored").stored(),
        item("plain.txt", "plain").mode(0o100_600),
        item("no-unix.txt", "dos").external(0x20),
        item("large.bin", &large),
        item("empty/", "").mode(0o040_755),
        item("x/", "").mode(0o040_755),
        item("setuid", "s").mode(0o104_755),
        item("dos\\b.properties", "k=v\n"),
        item("./dot.flow", "nodes: []\n"),
        item("grüße.txt", "utf-8"),
        item("nothing", ""),
    ]);
    let outcome = unpack_bytes(&zip.build(), &limits());
    let out = outcome.result.as_ref().unwrap_or_else(|_| panic!("{}", outcome.error()));
    let files: Vec<(&str, u32, u64, bool)> =
        out.files.iter().map(|f| (f.path.as_str(), f.mode, f.size, f.content.is_some())).collect();
    assert_eq!(
        files,
        [
            ("dos/b.properties", 0o644, 4, true),
            ("dot.flow", 0o644, 10, true),
            ("grüße.txt", 0o644, 5, true),
            ("large.bin", 0o644, 320_000, false),
            ("no-unix.txt", 0o644, 3, true),
            ("nothing", 0o644, 0, true),
            ("plain.txt", 0o644, 5, true),
            ("run.sh", 0o755, 10, true),
            ("setuid", 0o755, 1, true),
            ("stored.txt", 0o644, 6, true),
            ("x/y/a.job", 0o644, 10, true),
        ]
    );
    assert_eq!(out.empty_folders, ["empty"]);
    for file in &out.files {
        let path = outcome.target().join(&file.path);
        let meta = std::fs::symlink_metadata(&path).unwrap();
        assert!(meta.is_file() && meta.len() == file.size, "{}", file.path);
        assert_eq!(meta.permissions().mode() & 0o7111, file.mode & 0o111, "{}", file.path);
        if let Some(content) = &file.content {
            assert_eq!(std::fs::read(path).unwrap(), content[..], "{}", file.path);
        }
    }
    assert_eq!(std::fs::read_to_string(outcome.target().join("large.bin")).unwrap(), large);
    assert!(outcome.target().join("empty").is_dir());
    let loaded = azkaban_core::project::load(&out.sources, &LoadLimits::default());
    assert!(loaded.is_ok_and(|loaded| loaded.model.flows.contains_key("a")));
}

#[test]
fn archives_of_other_tools_are_read() {
    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    writer.add_directory("d", options).unwrap();
    writer.start_file("d/a.job", options.large_file(true)).unwrap();
    writer.write_all(b"type=noop\n").unwrap();
    writer.start_file("b.txt", options.compression_method(zip::CompressionMethod::Stored)).unwrap();
    writer.write_all(b"b").unwrap();
    writer.set_comment("a comment with PK\x05\x06 in it").unwrap();
    let mut bytes = writer.finish().unwrap().into_inner();
    for prefix in [&b""[..], b"#!/bin/sh\nexec unzip $0\n"] {
        let mut with_prefix = prefix.to_vec();
        with_prefix.append(&mut bytes.clone());
        let outcome = unpack_bytes(&with_prefix, &limits());
        assert_eq!(outcome.error(), "taken");
        assert_eq!(outcome.result.as_ref().map(|out| out.files.len()).unwrap_or(0), 2);
    }
    bytes.truncate(22);
    bytes.clear();
    bytes.extend([b'P', b'K', 5, 6]);
    bytes.extend([0; 18]);
    assert_eq!(unpack_bytes(&bytes, &limits()).error(), "taken", "an empty zip");
}

#[test]
fn zip64_sizes_and_ends_are_read() {
    for zip64 in [item("a.txt", "abc").zip64(), item("b.txt", "abc").zip64().stored()] {
        let outcome = unpack_bytes(&Zip::of([zip64]).zip64_end().build(), &limits());
        assert_eq!(outcome.error(), "taken");
        assert_eq!(bytes_in(&outcome.target()), 3);
    }
}

#[test]
fn hostile_archives_are_refused() {
    fn check(label: &str, zip: Zip, expected: &str) {
        let outcome = unpack_bytes(&zip.build(), &limits());
        assert!(outcome.error().contains(expected), "{label}: {}", outcome.error());
        let on_disk = bytes_in(&outcome.target());
        assert!(on_disk < 1_000_000, "{label}: {on_disk} bytes were written");
    }
    let one = |item: Item| Zip::of([item]);
    check(
        "parent",
        one(item("../evil.sh", "x")),
        "refused: Archive entry '../evil.sh' points outside of the archive.",
    );
    check("parent inside", one(item("a/../../evil", "x")), "points outside");
    check("parent by backslash", one(item("a\\..\\..\\evil", "x")), "points outside");
    check("parent folder", one(item("../", "").mode(0o040_755)), "points outside");
    check("absolute", one(item("/etc/cron.d/evil", "x")), "'/etc/cron.d/evil' has an absolute path");
    check("drive", one(item("C:\\evil", "x")), "absolute path");
    check("share", one(item("\\\\host\\evil", "x")), "absolute path");
    check("no name", one(item("", "x")), "has no name");
    check("dots only", one(item("./.", "x")), "has no name");
    check("nul", one(item("a\0.job", "x")), "'a\\u{0}.job' has a control character");
    check("line end", one(item("a\nb", "x")), "has a control character");
    check("not utf-8", one(item("", "x").raw_name(b"caf\xe9.txt")), "not UTF-8");
    check("long part", one(item(&"a".repeat(300), "x")), "too long");
    check("long name", one(item(&"abc/".repeat(2000), "").mode(0o040_755)), "too long");
    check("deep", one(item(&format!("{}a.job", "d/".repeat(300)), "x")), "too long");
    check("symlink", one(item("link", "/etc/passwd").mode(0o120_777)), "'link' is a symbolic link");
    check("symlink of dos", one(item("link", "/etc").mode(0o120_777).made_by(0)), "symbolic link");
    check("device", one(item("dev", "").mode(0o020_666)), "neither a file nor a folder");
    check("block device", one(item("dev", "").mode(0o060_666)), "neither a file nor a folder");
    check("fifo", one(item("fifo", "").mode(0o010_666)), "neither a file nor a folder");
    check("socket", one(item("sock", "").mode(0o140_666)), "neither a file nor a folder");
    check("full folder", one(item("d/", "content").mode(0o040_755)), "folder with content");
    check("encrypted", one(item("a", "x").flags(1)), "is encrypted");
    check("strongly encrypted", one(item("a", "x").flags(0x41)), "is encrypted");
    check("bzip2", one(item("a", "x").method(12)), "not supported (12)");
    check("deflate64", one(item("a", "x").method(9)), "not supported (9)");
    check("twice", Zip::of([item("a.job", "1"), item("a.job", "2")]), "'a.job' is there twice");
    check("twice by spelling", Zip::of([item("x/a", "1"), item("x//a", "2")]), "is there twice");
    check("case", Zip::of([item("a.job", "1"), item("A.job", "2")]), "'A.job' has the same name as 'a.job'");
    check("case of folder", Zip::of([item("d/a", "1"), item("D/b", "2")]), "has the same name as 'd'");
    check("file under file", Zip::of([item("a", "1"), item("a/b", "2")]), "is a file and a folder");
    check(
        "link then through it",
        Zip::of([item("d", "/tmp").mode(0o120_777), item("d/x", "2")]),
        "symbolic link",
    );
    check("many", Zip::of((0..1001).map(|i| item(&format!("f{i}"), ""))), "more than 1000 files and folders");
    check(
        "many folders",
        Zip::of((0..40).map(|i| item(&format!("{i}/{}x", "d/".repeat(40)), ""))),
        "more than 1000",
    );
    check(
        "overlap",
        Zip::of([item("a", "same"), item("b", "same").at_entry(0)]),
        "broken: a local header that disagrees",
    );
    check(
        "overlap of bytes",
        Zip::of([item("a", "12345").stored().sizes(50, 50), item("b", &"x".repeat(99)).stored()]),
        "'b' shares its bytes",
    );
    check(
        "same bytes twice",
        Zip::of([item("aa", "x").stored(), item("aa/", "").mode(0o040_755).at_entry(0)]),
        "file and a folder",
    );
}

#[test]
fn broken_archives_are_told_apart_from_refused_ones() {
    fn check(label: &str, bytes: &[u8], expected: &str) {
        let outcome = unpack_bytes(bytes, &limits());
        assert!(
            outcome.error().starts_with("broken: ") && outcome.error().contains(expected),
            "{label}: {}",
            outcome.error()
        );
    }
    let good = Zip::of([item("a.job", "type=noop\n"), item("b.txt", &"b".repeat(5000))]).build();
    check("nothing", b"", "no end");
    check("text", b"this is no zip", "no end");
    check("cut at the end", &good[..good.len() - 1], "no end");
    check("cut at the start", &good[10..], "");
    check("trailing bytes", &[&good[..], b"x"].concat(), "no end");
    check("only a beginning", &good[..40], "no end");
    let one = |item: Item| Zip::of([item]).build();
    check("checksum", &one(item("a", "x").crc(1)), "a wrong checksum in entry 'a'");
    check("checksum of a large one", &one(item("a", &"x".repeat(100_000)).crc(1)), "a wrong checksum");
    check("smaller than said", &one(item("a", "x").sizes(3, 100)), "fewer bytes");
    check("larger than said", &one(item("a", &"x".repeat(1000)).declared(10)), "more bytes than it says");
    check(
        "larger than said, large",
        &one(item("a", &"x".repeat(1_000_000)).declared(100_000)),
        "more bytes than it says",
    );
    check("garbage", &one(item("a", "x").packed(b"\xff\xff\xff\xff")), "damaged compressed data");
    check("stored with two sizes", &one(item("a", "xyz").stored().sizes(3, 4)), "two sizes");
    check("other local name", &one(item("a", "x").local_name(b"b")), "disagrees");
    check("other local method", &one(item("a", "x").local_method(0)), "disagrees");
    check("beyond the file", &one(item("a", "x").offset(1 << 30)), "a local header");
    check("far beyond the file", &one(item("a", "x").zip64().offset(u64::MAX - 5)), "");
    check("into the table", &one(item("a", "x").sizes(1 << 20, 1)), "beyond the table");
    check(
        "too few entries said",
        &Zip::of([item("a", "x"), item("b", "x")]).count(1).build(),
        "more entries",
    );
    check("too many entries said", &Zip::of([item("a", "x")]).count(2).build(), "damaged table");
    check("disks", &Zip::of([item("a", "x")]).disk(1).build(), "several disks");
    check(
        "table beyond its end",
        &Zip::of([item("a", "x")]).table_len(1 << 30).build(),
        "larger than the file",
    );
    check("table not there", &Zip::of([item("a", "x")]).table_offset(1 << 30).build(), "beyond its place");
}

#[test]
fn limits_are_those_of_the_configuration() {
    let zip = Zip::of([item("a.txt", &"x".repeat(1000)), item("b.txt", &"y".repeat(1000))]).build();
    let tight = |change: fn(&mut ArchiveLimits)| {
        let mut limits = limits();
        change(&mut limits);
        unpack_bytes(&zip, &limits).error()
    };
    assert_eq!(tight(|_| {}), "taken");
    assert!(
        tight(|l| l.max_archive_bytes = 100).contains("larger than 100 bytes (azkaban.archive.max.size.mb)")
    );
    assert!(tight(|l| l.max_unpacked_bytes = 1999).contains("larger than 1999 bytes when unpacked"));
    assert_eq!(tight(|l| l.max_unpacked_bytes = 2000), "taken");
    assert!(tight(|l| l.max_entries = 1).contains("more than 1 files and folders"));
    assert_eq!(tight(|l| l.max_ratio = 1), "taken", "small archives may be as dense as they like");
}

fn zeros(len: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    io::copy(&mut io::Read::take(io::repeat(0), len as u64), &mut encoder).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn zip_bombs_cost_neither_time_nor_space() {
    let packed = zeros(100 << 20);
    assert!(packed.len() < 200_000);
    let honest = item("bomb", "").packed(&packed).sizes(packed.len() as u64, 100 << 20);
    // What the table of contents says is checked first, so these lie; the first chunk beyond the lie ends it.
    let lying = item("bomb", "").packed(&packed).sizes(packed.len() as u64, 50_000);
    let lying_source = item("bomb.job", "").packed(&packed).sizes(packed.len() as u64, 50_000);
    let small_lie = item("bomb.txt", "").packed(&packed).sizes(packed.len() as u64, 10);
    let many = |count: usize| {
        Zip::of(
            (0..count)
                .map(|i| item(&format!("bomb{i}"), "").packed(&packed).sizes(packed.len() as u64, 100 << 20)),
        )
    };
    for (label, zip, expected) in [
        ("ratio", Zip::of([honest]), "more than 100 times its size"),
        ("size", many(3), "when unpacked"),
        ("lie", Zip::of([lying]), "more bytes than it says"),
        ("lie about a source", Zip::of([lying_source]), "more bytes than it says"),
        ("lie about a small file", Zip::of([small_lie]), "more bytes than it says"),
    ] {
        let bytes = zip.build();
        let start = Instant::now();
        let outcome = unpack_bytes(&bytes, &limits());
        assert!(outcome.error().contains(expected), "{label}: {}", outcome.error());
        assert!(
            bytes_in(&outcome.target()) <= 200_000,
            "{label}: {} bytes on disk",
            bytes_in(&outcome.target())
        );
        assert!(start.elapsed() < Duration::from_secs(2), "{label}: {:?}", start.elapsed());
    }
    let sources =
        Zip::of((0..3).map(|i| item(&format!("s{i}.properties"), "").packed(b"").sizes(0, 30 << 20)));
    let mut generous = limits();
    generous.max_ratio = u64::MAX;
    assert!(unpack_bytes(&sources.build(), &generous).error().contains("job, flow and property files"));
}

#[test]
fn a_full_disk_is_our_fault_and_not_the_archives() {
    let mut archive = tempfile::tempfile().unwrap();
    archive.write_all(&Zip::of([item("a", "x")]).build()).unwrap();
    let gone = tempfile::tempdir().unwrap().path().join("gone");
    let result = unpack(&archive, &gone, &limits(), Sources::Ignore);
    assert!(matches!(result, Err(ArchiveError::Io(_))));
    let not_readable = File::create(tempfile::tempdir().unwrap().path().join("w")).unwrap();
    not_readable.set_len(100).unwrap();
    let target = tempfile::tempdir().unwrap();
    assert!(matches!(
        unpack(&not_readable, target.path(), &limits(), Sources::Ignore),
        Err(ArchiveError::Io(_))
    ));
}
