//! The configuration files that the programs read. Kept texts stay on the machine of the files:
//! a configuration may hold a secret, and a secret never enters a plan or a database.

use super::Component;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use std::{fs, io, io::Write, path::PathBuf, time::SystemTime};
use workflows::{Fault, FaultClass};

/// A configuration file as it lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// All its text.
    pub text: String,
    /// When it was last written, by the clock of its machine.
    pub written_at: DateTime<Utc>,
}

/// The directory of both configuration files.
#[derive(Clone, Debug)]
pub struct ConfigFiles {
    root: PathBuf,
}

impl ConfigFiles {
    /// The files below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        ConfigFiles { root: root.into() }
    }

    /// Where the file of the component is.
    #[must_use]
    pub fn path(&self, component: Component) -> PathBuf {
        self.root.join(component.file())
    }

    /// The file; `None` when there is none.
    ///
    /// # Errors
    /// `Guard` when it is there and cannot be read.
    pub fn read(&self, component: Component) -> Result<Option<ConfigFile>, Fault> {
        let path = self.path(component);
        let read = || -> io::Result<ConfigFile> {
            let written_at = fs::metadata(&path)?.modified()?.into();
            Ok(ConfigFile {
                text: fs::read_to_string(&path)?,
                written_at,
            })
        };
        absent_is_none(read()).map_err(|e| unusable(component, "read", &e))
    }

    /// Replaces the file whole, and keeps what was there.
    ///
    /// # Errors
    /// `Guard` when it cannot be written; the old file is then still in place.
    pub fn replace(&self, component: Component, text: &str) -> Result<(), Fault> {
        let path = self.path(component);
        let write = || -> io::Result<()> {
            if let Some(now) = absent_is_none(fs::read_to_string(&path))? {
                self.put(self.kept_path(component, &digest(&now)), &now)?;
            }
            self.put(path.clone(), text)
        };
        write().map_err(|e| unusable(component, "written", &e))
    }

    /// What [`ConfigFiles::replace`] kept under that digest.
    ///
    /// # Errors
    /// `Guard` when it cannot be read or was altered since.
    pub fn kept(&self, component: Component, wanted: &str) -> Result<Option<String>, Fault> {
        let read = fs::read_to_string(self.kept_path(component, wanted));
        let text = absent_is_none(read).map_err(|e| unusable(component, "read", &e))?;
        if text.as_ref().is_some_and(|it| digest(it) != wanted) {
            let message = format!("the kept configuration of {} was altered", component.name());
            return Err(Fault::new(FaultClass::Guard, message));
        }
        Ok(text)
    }

    fn kept_path(&self, component: Component, digest: &str) -> PathBuf {
        let hex: String = digest.chars().filter(char::is_ascii_hexdigit).collect();
        self.root.join(component.name()).join(".guichet").join(hex)
    }

    /// A reader sees the old text or the new one, never a part.
    fn put(&self, path: PathBuf, text: &str) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        // The system stamps a file with its last tick, which may lie before a load that was
        // really earlier; verdicts compare the two.
        file.as_file().set_modified(SystemTime::now())?;
        file.as_file().sync_all()?;
        // The program that reads it is another user; what is kept stays ours.
        if !folder.ends_with(".guichet") {
            readable(file.as_file())?;
        }
        file.persist(path)?;
        Ok(())
    }
}

#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// `sha256:…` of a configuration text.
#[must_use]
pub(super) fn digest(text: &str) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(text.as_bytes())))
}

fn absent_is_none<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(it) => Ok(Some(it)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn unusable(component: Component, what: &str, error: &io::Error) -> Fault {
    let name = component.name();
    let message = format!("the configuration of {name} cannot be {what}: {error}");
    Fault::new(FaultClass::Guard, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_replaced_is_kept_and_what_was_altered_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = ConfigFiles::new(folder.path());
        let component = Component::Alertmanager;
        assert_eq!(files.read(component).unwrap(), None);
        files.replace(component, "one").unwrap();
        files.replace(component, "two").unwrap();
        assert_eq!(files.read(component).unwrap().unwrap().text, "two");
        assert_eq!(
            files.kept(component, &digest("one")).unwrap().as_deref(),
            Some("one")
        );
        assert_eq!(files.kept(component, &digest("three")).unwrap(), None);
        fs::write(files.kept_path(component, &digest("one")), "uno").unwrap();
        assert_eq!(
            files.kept(component, &digest("one")).unwrap_err().class,
            FaultClass::Guard
        );
    }
}
