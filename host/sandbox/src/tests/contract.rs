//! The names that `validate` knows are those of the contract.

use wit_parser::{Resolve, WorldItem};

use crate::validate::IMPORTS;

#[test]
fn validate_knows_every_function_of_the_contract() {
    let mut resolve = Resolve::default();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit");
    let (package, _) = resolve.push_path(path).unwrap();
    let world = resolve.select_world(&[package], Some("workflow")).unwrap();
    let mut written = Vec::new();
    for (_, item) in &resolve.worlds[world].imports {
        let WorldItem::Interface { id, .. } = item else { panic!("the world imports interfaces only") };
        let interface = &resolve.interfaces[*id];
        let functions = interface.functions.keys().cloned().collect::<Vec<_>>();
        written.push((interface.name.clone().unwrap(), functions));
    }
    let known = IMPORTS.map(|(name, functions)| {
        (name.to_owned(), functions.iter().map(|name| (*name).to_owned()).collect())
    });
    written.sort();
    let mut known = known.to_vec();
    known.sort();
    assert_eq!(sorted(known), sorted(written));
}

fn sorted(mut names: Vec<(String, Vec<String>)>) -> Vec<(String, Vec<String>)> {
    names.iter_mut().for_each(|(_, functions)| functions.sort());
    names
}
