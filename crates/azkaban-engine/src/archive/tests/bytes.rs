//! Zips made byte by byte, to say what no tool would write.

use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

pub(super) struct Item {
    name: Vec<u8>,
    local_name: Option<Vec<u8>>,
    packed: Vec<u8>,
    method: u16,
    local_method: Option<u16>,
    flags: u16,
    crc: u32,
    sizes: (u64, u64),
    made_by: u8,
    external: u32,
    zip64: bool,
    offset: Option<u64>,
    at_entry: Option<usize>,
}

/// A deflated file.
pub(super) fn item(name: &str, content: &str) -> Item {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let mut crc = Crc::new();
    crc.update(content.as_bytes());
    let folder = name.ends_with('/') && content.is_empty();
    let made = Item {
        name: name.as_bytes().to_vec(),
        local_name: None,
        sizes: (packed.len() as u64, content.len() as u64),
        packed,
        method: 8,
        local_method: None,
        flags: 0x800,
        crc: crc.sum(),
        made_by: 3,
        external: 0o100_644 << 16,
        zip64: false,
        offset: None,
        at_entry: None,
    };
    if folder { made.packed(b"").sizes(0, 0).method(0) } else { made }
}

impl Item {
    pub(super) fn mode(mut self, mode: u32) -> Self {
        self.external = mode << 16;
        self
    }

    pub(super) fn external(mut self, attributes: u32) -> Self {
        self.external = attributes;
        self.made_by = 0;
        self
    }

    pub(super) fn made_by(mut self, system: u8) -> Self {
        self.made_by = system;
        self
    }

    pub(super) fn stored(mut self) -> Self {
        let mut content = Vec::new();
        let mut decoder = flate2::read::DeflateDecoder::new(&self.packed[..]);
        std::io::Read::read_to_end(&mut decoder, &mut content).unwrap();
        self.sizes = (content.len() as u64, content.len() as u64);
        self.packed = content;
        self.method = 0;
        self
    }

    pub(super) fn packed(mut self, packed: &[u8]) -> Self {
        self.packed = packed.to_vec();
        self.sizes.0 = packed.len() as u64;
        self
    }

    /// What the table says of the packed and the unpacked size.
    pub(super) fn sizes(mut self, packed: u64, unpacked: u64) -> Self {
        self.sizes = (packed, unpacked);
        self
    }

    pub(super) fn declared(mut self, unpacked: u64) -> Self {
        self.sizes.1 = unpacked;
        self
    }

    pub(super) fn raw_name(mut self, name: &[u8]) -> Self {
        self.name = name.to_vec();
        self
    }

    pub(super) fn local_name(mut self, name: &[u8]) -> Self {
        self.local_name = Some(name.to_vec());
        self
    }

    pub(super) fn method(mut self, method: u16) -> Self {
        self.method = method;
        self
    }

    pub(super) fn local_method(mut self, method: u16) -> Self {
        self.local_method = Some(method);
        self
    }

    pub(super) fn flags(mut self, flags: u16) -> Self {
        self.flags = flags;
        self
    }

    pub(super) fn crc(mut self, crc: u32) -> Self {
        self.crc = crc;
        self
    }

    /// Sizes and offset in the zip64 extra field.
    pub(super) fn zip64(mut self) -> Self {
        self.zip64 = true;
        self
    }

    pub(super) fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Points to the bytes of another entry instead of own ones.
    pub(super) fn at_entry(mut self, entry: usize) -> Self {
        self.at_entry = Some(entry);
        self
    }
}

pub(super) struct Zip {
    items: Vec<Item>,
    count: Option<u16>,
    disk: u16,
    table_len: Option<u32>,
    table_offset: Option<u32>,
    zip64_end: bool,
}

impl Zip {
    pub(super) fn of(items: impl IntoIterator<Item = Item>) -> Self {
        let items = items.into_iter().collect();
        Self { items, count: None, disk: 0, table_len: None, table_offset: None, zip64_end: false }
    }

    pub(super) fn count(mut self, count: u16) -> Self {
        self.count = Some(count);
        self
    }

    pub(super) fn disk(mut self, disk: u16) -> Self {
        self.disk = disk;
        self
    }

    pub(super) fn table_len(mut self, len: u32) -> Self {
        self.table_len = Some(len);
        self
    }

    pub(super) fn table_offset(mut self, offset: u32) -> Self {
        self.table_offset = Some(offset);
        self
    }

    pub(super) fn zip64_end(mut self) -> Self {
        self.zip64_end = true;
        self
    }

    pub(super) fn build(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut offsets = Vec::new();
        for item in &self.items {
            offsets.push(match item.at_entry {
                Some(other) => offsets[other],
                None => out.len() as u64,
            });
            if item.at_entry.is_some() {
                continue;
            }
            let name = item.local_name.as_ref().unwrap_or(&item.name);
            out.extend(0x0403_4b50u32.to_le_bytes());
            for field in [20, item.flags, item.local_method.unwrap_or(item.method), 0, 0] {
                out.extend(field.to_le_bytes());
            }
            for field in [item.crc, item.sizes.0 as u32, item.sizes.1 as u32] {
                out.extend(field.to_le_bytes());
            }
            out.extend((name.len() as u16).to_le_bytes());
            out.extend(0u16.to_le_bytes());
            out.extend(name);
            out.extend(&item.packed);
        }
        let table_start = out.len();
        for (item, offset) in self.items.iter().zip(&offsets) {
            let offset = item.offset.unwrap_or(*offset);
            let mut extra = Vec::new();
            if item.zip64 {
                extra.extend(1u16.to_le_bytes());
                extra.extend(24u16.to_le_bytes());
                for field in [item.sizes.1, item.sizes.0, offset] {
                    extra.extend(field.to_le_bytes());
                }
            }
            let small = |value: u64| if item.zip64 { u32::MAX } else { value as u32 };
            out.extend(0x0201_4b50u32.to_le_bytes());
            out.extend([20, item.made_by]);
            for field in [20, item.flags, item.method, 0, 0] {
                out.extend(field.to_le_bytes());
            }
            for field in [item.crc, small(item.sizes.0), small(item.sizes.1)] {
                out.extend(field.to_le_bytes());
            }
            for field in [item.name.len() as u16, extra.len() as u16, 0, 0, 0] {
                out.extend(field.to_le_bytes());
            }
            out.extend(item.external.to_le_bytes());
            out.extend(small(offset).to_le_bytes());
            out.extend(&item.name);
            out.extend(&extra);
        }
        self.end(out, table_start)
    }

    fn end(&self, mut out: Vec<u8>, table_start: usize) -> Vec<u8> {
        let end_at = out.len();
        let table_len = end_at - table_start;
        if self.zip64_end {
            out.extend(0x0606_4b50u32.to_le_bytes());
            out.extend(44u64.to_le_bytes());
            out.extend([45, 0, 45, 0]);
            out.extend([0; 8]);
            let count = self.items.len() as u64;
            for field in [count, count, table_len as u64, table_start as u64] {
                out.extend(field.to_le_bytes());
            }
            out.extend(0x0706_4b50u32.to_le_bytes());
            out.extend(0u32.to_le_bytes());
            out.extend((end_at as u64).to_le_bytes());
            out.extend(1u32.to_le_bytes());
        }
        let full = self.zip64_end;
        let count = self.count.unwrap_or(if full { u16::MAX } else { self.items.len() as u16 });
        out.extend(0x0605_4b50u32.to_le_bytes());
        for field in [self.disk, self.disk, count, count] {
            out.extend(field.to_le_bytes());
        }
        out.extend(self.table_len.unwrap_or(if full { u32::MAX } else { table_len as u32 }).to_le_bytes());
        out.extend(
            self.table_offset.unwrap_or(if full { u32::MAX } else { table_start as u32 }).to_le_bytes(),
        );
        out.extend(0u16.to_le_bytes());
        out
    }
}
