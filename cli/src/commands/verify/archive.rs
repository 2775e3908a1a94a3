//! `.pyc` files within wheels and zip files.

use super::{Case, Place, source_path};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zip::ZipArchive;

/// What a member may unpack to: a small archive can hold a huge file.
const MAX_MEMBER_BYTES: u64 = 256 << 20;

/// Adds the `.pyc` files of an archive.
pub(super) fn find(path: &Path, cases: &mut Vec<Case>) {
    let mut refuse = |why: String| {
        cases.push(Case { name: path.display().to_string(), place: Place::Unreadable(why) });
    };
    let opened = File::open(path).map_err(|error| error.to_string());
    let opened =
        opened.and_then(|file| ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string()));
    let mut archive = match opened {
        Ok(archive) => archive,
        Err(why) => return refuse(why),
    };
    let mut names: Vec<String> =
        archive.file_names().filter(|name| name.ends_with(".pyc")).map(str::to_owned).collect();
    names.sort();
    for name in names {
        let place = match read(&mut archive, &name) {
            Ok(data) => {
                let source = source_path(Path::new(&name), None, Path::new(""));
                let source = source.and_then(|source| read(&mut archive, source.to_str()?).ok());
                Place::Member { data, source, name: name.clone() }
            }
            Err(why) => Place::Unreadable(why),
        };
        cases.push(Case { name: format!("{}/{name}", path.display()), place });
    }
}

fn read(archive: &mut ZipArchive<BufReader<File>>, name: &str) -> Result<Vec<u8>, String> {
    let member = archive.by_name(name).map_err(|error| error.to_string())?;
    let mut data = Vec::new();
    member.take(MAX_MEMBER_BYTES).read_to_end(&mut data).map_err(|error| error.to_string())?;
    Ok(data)
}
