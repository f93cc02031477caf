//! Guests written by hand, for what no SDK lets a workflow do.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A guest in WebAssembly text. Whatever is not given traps.
#[derive(Default)]
pub(crate) struct Handmade {
    /// Packages beside the contract, in WIT.
    pub(crate) packages: &'static [&'static str],
    /// What the world has beside the contract: lines like `import wasi:cli/exit@0.2.0;`.
    pub(crate) world: &'static str,
    /// Imported functions, as fields of a module.
    pub(crate) imports: &'static str,
    /// The bodies, each of instructions.
    pub(crate) definitions: &'static str,
    pub(crate) activate: &'static str,
    pub(crate) query: &'static str,
    pub(crate) validate_update: &'static str,
    /// Fields of the module.
    pub(crate) fields: &'static str,
}

impl Handmade {
    /// The component.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit")).unwrap();
        for (index, package) in self.packages.iter().enumerate() {
            resolve.push_str(format!("package-{index}.wit"), package).unwrap();
        }
        let world = format!(
            "package test:guest; world guest {{ include dalsegno:workflow/workflow@0.1.0; {} }}",
            self.world
        );
        let package = resolve.push_str("test.wit", &world).unwrap();
        let world = resolve.select_world(&[package], Some("guest")).unwrap();
        let mut module = wat::parse_str(self.text()).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }

    fn text(&self) -> String {
        let body = |body: &str| if body.is_empty() { "unreachable".to_owned() } else { body.to_owned() };
        format!(
            r#"(module
                {imports}
                (memory (export "memory") 1)
                {fields}
                (global $free (mut i32) (i32.const 4096))
                ;; Takes memory and never gives it back.
                (func $realloc (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                    (local $at i32)
                    (local.set $at (i32.and
                        (i32.add (global.get $free) (i32.const 15)) (i32.const -16)))
                    (global.set $free (i32.add (local.get $at) (local.get 3)))
                    (local.get $at))
                (func (export "dalsegno:workflow/guest@0.1.0#definitions") (result i32) {definitions})
                (func $activate (export "dalsegno:workflow/guest@0.1.0#activate")
                    (param i64 i64 i32 i64 i64 i32 i32 i32 i32 i32) (result i32) {activate})
                (func (export "dalsegno:workflow/guest@0.1.0#query")
                    (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {query})
                (func (export "dalsegno:workflow/guest@0.1.0#validate-update")
                    (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {validate_update})
            )"#,
            imports = self.imports,
            fields = self.fields,
            definitions = body(self.definitions),
            activate = body(self.activate),
            query = body(self.query),
            validate_update = body(self.validate_update),
        )
    }
}
