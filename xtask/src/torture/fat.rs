//! Looks for damage in a FAT file system (FAT12 and FAT16 without partitions, as MicroPython makes it), as fsck.fat
//! does: MicroPython itself reads files whose clusters are free or belong to two. Pure; mends nothing.

use std::collections::BTreeMap;
use std::fmt;

const ENTRY: usize = 32;
const FOLDER: u8 = 0x10;
const LABEL: u8 = 0x08;
const LONG_NAME: u8 = 0x0f;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// The first sector is none of a FAT.
    NoFat,
    /// Clusters that are taken and belong to nothing: room that is gone.
    Lost(usize),
    /// Two names for the same clusters: removing one frees those of the other.
    CrossLinked(String, String),
    /// A name whose clusters are free: the next file that is written takes them.
    Freed(String),
    /// A name with more bytes than clusters.
    Short(String),
}

impl Damage {
    /// Can content be lost by it, now or later?
    pub(super) fn is_harmful(&self) -> bool {
        !matches!(self, Self::Lost(_))
    }

    /// Of what kind it is, for counting.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::NoFat => "no FAT",
            Self::Lost(_) => "lost clusters",
            Self::CrossLinked(..) => "two names for one content",
            Self::Freed(_) => "a name whose clusters are free",
            Self::Short(_) => "a name with more bytes than clusters",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFat => write!(f, "no FAT"),
            Self::Lost(clusters) => write!(f, "{clusters} lost clusters"),
            Self::CrossLinked(one, other) => write!(f, "{one} and {other} share clusters"),
            Self::Freed(path) => write!(f, "clusters of {path} are free"),
            Self::Short(path) => write!(f, "{path} has more bytes than clusters"),
        }
    }
}

/// All that is wrong with an image.
pub(super) fn check(image: &[u8]) -> Vec<Damage> {
    let Some(fat) = Fat::open(image) else {
        return vec![Damage::NoFat];
    };
    let mut walk = Walk {
        fat: &fat,
        owners: BTreeMap::new(),
        damage: Vec::new(),
    };
    walk.folder("/", fat.root);
    let taken = (2..fat.clusters + 2).filter(|cluster| fat.next(*cluster) != Some(0));
    let lost = taken.filter(|cluster| !walk.owners.contains_key(cluster)).count();
    if lost > 0 {
        walk.damage.push(Damage::Lost(lost));
    }
    walk.damage
}

struct Fat<'a> {
    table: &'a [u8],
    root: &'a [u8],
    data: &'a [u8],
    cluster_bytes: usize,
    clusters: usize,
}

impl<'a> Fat<'a> {
    fn open(image: &'a [u8]) -> Option<Self> {
        let number = |at: usize| {
            Some(usize::from(u16::from_le_bytes(
                image.get(at..at + 2)?.try_into().ok()?,
            )))
        };
        if image.get(510..512)? != [0x55, 0xaa] {
            return None;
        }
        let sector = number(11)?;
        let per_cluster = usize::from(*image.get(13)?);
        let table = number(14)? * sector;
        let table_bytes = number(22)? * sector;
        let root = table + usize::from(*image.get(16)?) * table_bytes;
        let data = root + number(17)? * ENTRY;
        let cluster_bytes = sector * per_cluster;
        let end = number(19)? * sector; // 0 for more than 32 MB, which no flash here has
        let clusters = end.checked_sub(data)?.checked_div(cluster_bytes)?;
        Some(Self {
            table: image.get(table..table + table_bytes)?,
            root: image.get(root..data)?,
            data: image.get(data..end)?,
            cluster_bytes,
            clusters,
        })
    }

    /// What the table says of a cluster: 0 free, else the next one; `None` is not in the table.
    fn next(&self, cluster: usize) -> Option<usize> {
        if !(2..self.clusters + 2).contains(&cluster) {
            return None;
        }
        let is_12 = self.clusters < 4085;
        let at = if is_12 { cluster + cluster / 2 } else { cluster * 2 };
        let pair = usize::from(u16::from_le_bytes(self.table.get(at..at + 2)?.try_into().ok()?));
        Some(match (is_12, cluster % 2) {
            (false, _) => pair,
            (true, 0) => pair & 0xfff,
            (true, _) => pair >> 4,
        })
    }

    fn cluster(&self, cluster: usize) -> &'a [u8] {
        let start = (cluster - 2) * self.cluster_bytes;
        self.data
            .get(start..start + self.cluster_bytes)
            .unwrap_or_default()
    }
}

struct Walk<'a> {
    fat: &'a Fat<'a>,
    /// Cluster → the name that has it.
    owners: BTreeMap<usize, String>,
    damage: Vec<Damage>,
}

impl Walk<'_> {
    fn folder(&mut self, path: &str, entries: &[u8]) {
        let mut long: Vec<u8> = Vec::new();
        for entry in entries.chunks_exact(ENTRY) {
            match (entry[0], entry[11]) {
                (0, _) => return,
                (0xe5 | b'.', _) => long.clear(),
                (_, LONG_NAME) => {
                    // The last piece comes first; each has thirteen letters.
                    let letters = [&entry[1..11], &entry[14..26], &entry[28..32]].concat();
                    let piece = letters.chunks_exact(2).map(|pair| pair[0]);
                    let piece: Vec<u8> = piece.take_while(|letter| *letter != 0).collect();
                    long.splice(..0, piece);
                }
                (_, kind) if kind & LABEL != 0 => long.clear(),
                (_, kind) => {
                    let name = name(entry, &std::mem::take(&mut long));
                    let path = format!("{path}{name}");
                    self.entry(path, entry, kind & FOLDER != 0);
                }
            }
        }
    }

    fn entry(&mut self, path: String, entry: &[u8], is_folder: bool) {
        let size = entry[28..32]
            .iter()
            .rev()
            .fold(0, |size, byte| size << 8 | usize::from(*byte));
        let first = usize::from(u16::from_le_bytes([entry[26], entry[27]]));
        if first == 0 {
            if size > 0 {
                self.damage.push(Damage::Short(path));
            }
            return;
        }
        let mut chain = Vec::new();
        let mut cluster = first;
        loop {
            match self.fat.next(cluster) {
                Some(0) => {
                    self.damage.push(Damage::Freed(path));
                    return;
                }
                Some(next) => {
                    if let Some(owner) = self.owners.insert(cluster, path.clone()) {
                        self.damage.push(Damage::CrossLinked(owner, path));
                        return;
                    }
                    chain.push(cluster);
                    cluster = next;
                }
                None => break, // the mark of the end, or nonsense, which makes it too short
            }
        }
        let content: Vec<u8> = chain
            .iter()
            .flat_map(|cluster| self.fat.cluster(*cluster))
            .copied()
            .collect();
        if is_folder {
            self.folder(&format!("{path}/"), &content);
        } else if size > content.len() {
            self.damage.push(Damage::Short(path));
        }
    }
}

fn name(entry: &[u8], long: &[u8]) -> String {
    if !long.is_empty() {
        return String::from_utf8_lossy(long).into_owned();
    }
    let short = String::from_utf8_lossy(&entry[..8]).trim_end().to_owned();
    match String::from_utf8_lossy(&entry[8..11]).trim_end() {
        "" => short,
        end => format!("{short}.{end}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixteen sectors: boot, one of table (FAT12), one of root, the rest clusters of one sector.
    fn image() -> Vec<u8> {
        let mut image = vec![0; 16 * 512];
        image[11..13].copy_from_slice(&512_u16.to_le_bytes());
        (image[13], image[14], image[16], image[17], image[19], image[22]) = (1, 1, 1, 16, 16, 1);
        image[510..512].copy_from_slice(&[0x55, 0xaa]);
        image
    }

    fn file(image: &mut [u8], number: usize, name: &[u8; 11], first: u8, size: u16) {
        let at = 1024 + number * ENTRY;
        image[at..at + 11].copy_from_slice(name);
        image[at + 26] = first;
        image[at + 28..at + 30].copy_from_slice(&size.to_le_bytes());
    }

    fn link(image: &mut [u8], cluster: usize, next: usize) {
        let at = 512 + cluster + cluster / 2;
        let pair = u16::from_le_bytes([image[at], image[at + 1]]);
        let next = u16::try_from(next).unwrap();
        let pair = if cluster.is_multiple_of(2) {
            pair & 0xf000 | next
        } else {
            pair & 0xf | next << 4
        };
        image[at..at + 2].copy_from_slice(&pair.to_le_bytes());
    }

    #[test]
    fn a_sound_file_system_has_no_damage() {
        let mut image = image();
        file(&mut image, 0, b"MAIN    PY ", 2, 600);
        link(&mut image, 2, 3);
        link(&mut image, 3, 0xfff);
        assert_eq!(check(&image), []);
    }

    #[test]
    fn each_damage_has_its_name() {
        let (main, other) = ("/MAIN.PY".to_owned(), "/0".to_owned());
        let mut cases = Vec::new();
        for (expected, number) in [
            (Damage::CrossLinked(main.clone(), other), 0),
            (Damage::Freed(main.clone()), 1),
            (Damage::Short(main), 2),
            (Damage::Lost(2), 3),
        ] {
            let mut image = image();
            link(&mut image, 2, if number == 1 { 0 } else { 0xfff });
            link(&mut image, 3, if number == 3 { 0xfff } else { 0 });
            if number < 3 {
                file(
                    &mut image,
                    0,
                    b"MAIN    PY ",
                    2,
                    if number == 2 { 513 } else { 512 },
                );
            }
            if number == 0 {
                file(&mut image, 1, b"0          ", 2, 512);
            }
            cases.push((check(&image), vec![expected]));
        }
        cases.push((check(&[0xff; 1024]), vec![Damage::NoFat]));
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }
}
