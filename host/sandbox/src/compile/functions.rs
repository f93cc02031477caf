//! Compiled functions, kept for the next module that has the same ones.
//!
//! The modules of an interpreter differ in a few hundred of its twenty thousand functions, so the second one takes a
//! third of the time. A function is found by a SHA-256 hash of what it is compiled from and of all settings, as
//! wasmtime computes it, so strangers' modules can share them. Some are numbered otherwise at another time, so a module
//! that is compiled again adds a few.
//!
//! **Invariant:** the file lies in the folder of artifacts and is trusted as they are: only this host's compilers
//! write it. It is not synced, so it is believed only if its checksum says that it is whole.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fmt, fs,
    io::{self, Write as _},
    ops::Range,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use wasmtime::CacheStore;

use crate::{artifacts, limits};

/// How wasmtime names a function.
type Key = [u8; KEY_BYTES];

/// A function's name and code.
type Named<'a> = (&'a Key, &'a [u8]);

const KEY_BYTES: usize = 32;
const LENGTH_BYTES: usize = size_of::<u32>();
/// At the beginning of the file, over all the rest.
const CHECKSUM_BYTES: usize = 32;

/// The functions of earlier modules, and those of the module that is being compiled.
pub(crate) struct Functions {
    path: PathBuf,
    /// The whole file, those last used first.
    file: Vec<u8>,
    known: HashMap<Key, Known>,
    fresh: Mutex<BTreeMap<Key, Vec<u8>>>,
}

/// A function in the file.
struct Known {
    place: Range<usize>,
    /// By the module that is being compiled.
    used: AtomicBool,
}

impl Functions {
    /// Those in a file; none if it is absent, damaged or none of ours.
    pub(crate) fn read(path: &Path) -> Self {
        let file = read_whole(path).unwrap_or_default();
        let known = index(&file).unwrap_or_default();
        Self { path: path.to_owned(), file, known, fresh: Mutex::default() }
    }

    /// Writes the file anew if there is more to keep; what has no room is what was used the longest ago.
    pub(crate) fn save(&self) -> io::Result<()> {
        let fresh = self.fresh.lock();
        if fresh.is_empty() {
            return Ok(());
        }
        let mut file = vec![0; CHECKSUM_BYTES];
        let (used, unused) = self.by_use();
        let fresh = fresh.iter().map(|(key, code)| (key, code.as_slice()));
        for (key, code) in used.into_iter().chain(fresh).chain(unused) {
            if file.len() + KEY_BYTES + LENGTH_BYTES + code.len() > limits::FUNCTIONS_BYTES_MAX {
                break;
            }
            let length = u32::try_from(code.len()).map_err(io::Error::other)?;
            file.extend_from_slice(key);
            file.extend_from_slice(&length.to_le_bytes());
            file.extend_from_slice(code);
        }
        let checksum = Sha256::digest(&file[CHECKSUM_BYTES..]);
        file[..CHECKSUM_BYTES].copy_from_slice(&checksum);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut unfinished = NamedTempFile::with_prefix_in(artifacts::UNFINISHED, folder)?;
        unfinished.write_all(&file)?;
        unfinished.persist(&self.path)?;
        Ok(())
    }

    /// What the module has of the file, and the rest, each in the order of the file.
    fn by_use(&self) -> (Vec<Named<'_>>, Vec<Named<'_>>) {
        let mut known: Vec<_> = self.known.iter().collect();
        known.sort_by_key(|(_, known)| known.place.start);
        let (used, unused): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|(_, known)| known.used.load(Ordering::Relaxed));
        let code = |(key, known): (_, &Known)| (key, &self.file[known.place.clone()]);
        (used.into_iter().map(code).collect(), unused.into_iter().map(code).collect())
    }
}

/// The file, if its checksum is right.
fn read_whole(path: &Path) -> Option<Vec<u8>> {
    if fs::metadata(path).ok()?.len() > limits::FUNCTIONS_BYTES_MAX as u64 {
        return None;
    }
    let file = fs::read(path).ok()?;
    let (checksum, functions) = file.split_at_checked(CHECKSUM_BYTES)?;
    (Sha256::digest(functions)[..] == *checksum).then_some(file)
}

/// Where each function is.
fn index(file: &[u8]) -> Option<HashMap<Key, Known>> {
    let mut known = HashMap::new();
    let mut rest = file.get(CHECKSUM_BYTES..)?;
    while !rest.is_empty() {
        let (key, after_key) = rest.split_first_chunk::<KEY_BYTES>()?;
        let (length, after_length) = after_key.split_first_chunk::<LENGTH_BYTES>()?;
        let (code, after_code) = after_length.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let start = file.len() - after_length.len();
        known.insert(*key, Known { place: start..start + code.len(), used: AtomicBool::new(false) });
        rest = after_code;
    }
    Some(known)
}

impl CacheStore for Functions {
    fn get(&self, key: &[u8]) -> Option<Cow<'_, [u8]>> {
        if let Some(known) = self.known.get(key) {
            known.used.store(true, Ordering::Relaxed);
            return Some(Cow::Borrowed(&self.file[known.place.clone()]));
        }
        self.fresh.lock().get(key).cloned().map(Cow::Owned)
    }

    fn insert(&self, key: &[u8], code: Vec<u8>) -> bool {
        let Ok(key) = Key::try_from(key) else { return false };
        self.fresh.lock().insert(key, code);
        true
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn key(number: u8) -> Key {
        [number; KEY_BYTES]
    }

    /// A file with the functions of these numbers.
    fn saved(numbers: &[u8]) -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("functions");
        let functions = Functions::read(&path);
        assert!(numbers.iter().all(|number| functions.insert(&key(*number), vec![*number; 100])));
        functions.save().unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_saved_is_found() {
        let (_folder, path) = saved(&[1, 2]);
        let functions = Functions::read(&path);
        assert_eq!(functions.get(&key(1)).unwrap(), vec![1; 100]);
        assert_eq!(functions.get(&key(2)).unwrap(), vec![2; 100]);
        assert!(functions.get(&key(3)).is_none());
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none() {
        let (_folder, path) = saved(&[1, 2]);
        let whole = fs::read(&path).unwrap();
        for place in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            fs::write(&path, &damaged).unwrap();
            assert!(Functions::read(&path).known.is_empty(), "byte {place} was changed");
            fs::write(&path, &whole[..place]).unwrap();
            assert!(Functions::read(&path).known.is_empty(), "it was cut at {place}");
        }
        let too_large = fs::File::create(&path).unwrap();
        too_large.set_len(limits::FUNCTIONS_BYTES_MAX as u64 + 1).unwrap();
        assert!(Functions::read(&path).known.is_empty());
    }

    #[test]
    fn a_file_whose_parts_do_not_fit_is_as_good_as_none() {
        let (_folder, path) = saved(&[1]);
        let mut file = fs::read(&path).unwrap();
        file[CHECKSUM_BYTES + KEY_BYTES] += 1;
        let checksum = Sha256::digest(&file[CHECKSUM_BYTES..]);
        file[..CHECKSUM_BYTES].copy_from_slice(&checksum);
        fs::write(&path, file).unwrap();
        assert!(Functions::read(&path).known.is_empty());
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let (_folder, path) = saved(&[1, 2, 3]);
        let functions = Functions::read(&path);
        functions.get(&key(3)).unwrap();
        let large = limits::FUNCTIONS_BYTES_MAX - CHECKSUM_BYTES - 3 * (KEY_BYTES + LENGTH_BYTES) - 200;
        functions.insert(&key(4), vec![4; large]);
        functions.save().unwrap();
        let functions = Functions::read(&path);
        let kept = [1, 2, 3, 4].map(|number| functions.get(&key(number)).is_some());
        assert_eq!(kept, [true, false, true, true]);
    }
}
