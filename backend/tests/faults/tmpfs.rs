//! A small file system of its own for a test, where there may be one.
#![expect(clippy::print_stderr, reason = "a test that can not run here says so")]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::process::argument;

/// A mounted tmpfs; unmounted when dropped.
pub struct Tmpfs(TempDir);

impl Tmpfs {
    /// `None` where nothing can be mounted: without root, or in a container that may not.
    pub fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let is_mounted = mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", argument(folder.path())]);
        if !is_mounted {
            eprintln!("no file system can be mounted here, so this test shows nothing");
        }
        is_mounted.then_some(Self(folder))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn remount(&self, option: &str) {
        assert!(mount(&["-o", &format!("remount,{option}"), argument(self.path())]));
    }

    /// Takes all the space that is left; deleting the file gives it back.
    pub fn fill(&self) -> PathBuf {
        let ballast = self.path().join("ballast");
        let mut file = OpenOptions::new().create(true).append(true).open(&ballast).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        ballast
    }

    /// Takes the space but for this many bytes.
    pub fn fill_but(&self, bytes: u64) -> PathBuf {
        let ballast = self.fill();
        let file = OpenOptions::new().write(true).open(&ballast).unwrap();
        file.set_len(fs::metadata(&ballast).unwrap().len() - bytes).unwrap();
        ballast
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily, for a server may still be ending.
        let status = Command::new("umount").args(["-l", argument(self.path())]).status();
        drop(status);
    }
}

fn mount(arguments: &[&str]) -> bool {
    Command::new("mount").args(arguments).output().is_ok_and(|output| output.status.success())
}
