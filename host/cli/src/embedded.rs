//! What the program carries: an SDK and a template for each language. The build script lists the files.

use crate::language::Language;

/// Names, with `/`, and contents.
pub(crate) type Files = &'static [(&'static str, &'static [u8])];

mod lists {
    use super::Files;

    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// What the `.dalsegno` of a project in this language holds.
pub(crate) fn sdk(language: Language) -> Files {
    match language {
        Language::Rust => lists::SDK_RUST,
        Language::Python => lists::SDK_PYTHON,
        Language::TypeScript => lists::SDK_TYPESCRIPT,
        Language::Go => lists::SDK_GO,
        Language::C => lists::SDK_C,
    }
}

/// What a new project in this language begins with.
pub(crate) fn template(language: Language) -> Files {
    match language {
        Language::Rust => lists::TEMPLATE_RUST,
        Language::Python => lists::TEMPLATE_PYTHON,
        Language::TypeScript => lists::TEMPLATE_TYPESCRIPT,
        Language::Go => lists::TEMPLATE_GO,
        Language::C => lists::TEMPLATE_C,
    }
}

/// What builds projects in TypeScript.
pub(crate) fn typescript_tools() -> Files {
    lists::TOOLS_TYPESCRIPT
}

/// What every new project begins with.
pub(crate) fn template_for_all() -> Files {
    lists::TEMPLATE_COMMON
}
