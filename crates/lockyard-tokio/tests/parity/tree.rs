//! The modules of a crate, read from its sources, and where the things stand that they hand out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Item, Meta, PathArguments, Token, Type, UseTree, Visibility};

/// A path from the root of a crate.
pub type Names = Vec<String>;

/// What a `use` takes, and what it calls that.
struct Import {
    alias: String,
    path: Names,
}

/// One module.
#[derive(Default)]
pub struct Module {
    pub items: Vec<Item>,
    imports: Vec<Import>,
}

/// Modules of a crate.
#[derive(Default)]
pub struct Tree {
    modules: BTreeMap<Names, Module>,
}

/// Where a thing is written.
#[derive(Debug)]
pub enum Written {
    /// In this module, by this name.
    Here(Names, String),
    /// In another crate.
    Elsewhere,
}

impl Tree {
    /// Reads the modules of these names, in the folder of a crate's sources, and all that are in them.
    pub fn read<'a>(sources: &Path, names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut tree = Self::default();
        for name in names {
            tree.read_file(sources, &[name.to_owned()]);
        }
        tree
    }

    fn read_file(&mut self, sources: &Path, module: &[String]) {
        let path = sources.join(module.join("/"));
        let file = [path.with_extension("rs"), path.join("mod.rs")].into_iter().find(|it| it.exists());
        let Some(file) = file else { panic!("{} is not there", path.display()) };
        let text = fs::read_to_string(file).unwrap();
        let items = syn::parse_file(&text).unwrap().items;
        self.take(sources, module, items);
    }

    fn take(&mut self, sources: &Path, module: &[String], items: Vec<Item>) {
        self.modules.entry(module.to_vec()).or_default();
        for item in items {
            match item {
                Item::Mod(it) if is_left_out(&it.attrs) => {}
                Item::Mod(it) => {
                    let inner = [module, &[it.ident.to_string()]].concat();
                    match &it.content {
                        Some((_, items)) => self.take(sources, &inner, items.clone()),
                        None => self.read_file(sources, &inner),
                    }
                    self.modules.get_mut(module).unwrap().items.push(Item::Mod(it));
                }
                // Macros around items: `cfg_sync!`, `pin_project!`. Those for what is absent hold other things.
                Item::Macro(it) if it.ident.is_none() && is_there(&it.mac.path) => {
                    if let Ok(file) = it.mac.parse_body::<syn::File>() {
                        self.take(sources, module, file.items);
                    }
                }
                Item::Use(it) if matches!(it.vis, Visibility::Public(_)) && !is_left_out(&it.attrs) => {
                    imported(&it.tree, &[], &mut self.modules.get_mut(module).unwrap().imports);
                }
                Item::Use(_) => {}
                item => self.modules.get_mut(module).unwrap().items.push(item),
            }
        }
    }

    pub fn module(&self, names: &[String]) -> &Module {
        &self.modules[names]
    }

    /// The names of what a module hands out: its own items, and those that it has from elsewhere.
    pub fn handed_out(&self, module: &[String]) -> Vec<String> {
        let it = self.module(module);
        let own = it.items.iter().filter_map(|item| match item {
            Item::Mod(it) => public(&it.vis, &it.ident),
            Item::Struct(it) => public(&it.vis, &it.ident),
            Item::Enum(it) => public(&it.vis, &it.ident),
            Item::Fn(it) => public(&it.vis, &it.sig.ident),
            Item::Trait(it) => public(&it.vis, &it.ident),
            Item::Const(it) => public(&it.vis, &it.ident),
            Item::Type(it) => public(&it.vis, &it.ident),
            _ => None,
        });
        own.chain(it.imports.iter().map(|import| import.alias.clone())).collect()
    }

    /// Where that is written which this module calls so.
    pub fn written(&self, module: &[String], name: &str) -> Written {
        let Some(import) = self.module(module).imports.iter().find(|import| import.alias == name) else {
            return Written::Here(module.to_vec(), name.to_owned());
        };
        let mut at = module.to_vec();
        let mut names = &import.path[..];
        loop {
            match names {
                [name] => return self.written(&at, name),
                [first, rest @ ..] if first == "self" => names = rest,
                [first, rest @ ..] if first == "super" => {
                    at.pop();
                    names = rest;
                }
                [first, rest @ ..] if first == "crate" => {
                    at.clear();
                    names = rest;
                }
                [first, rest @ ..] => {
                    at.push(first.clone());
                    if !self.modules.contains_key(&at) {
                        return Written::Elsewhere;
                    }
                    names = rest;
                }
                [] => unreachable!("a path has a name"),
            }
        }
    }

    /// What this type is in full, where it is an alias that this module or one around it has for itself.
    pub fn in_full(&self, module: &[String], of: &Type) -> Type {
        let Type::Path(path) = of else { return of.clone() };
        let last = path.path.segments.last().unwrap();
        let around = (0..=module.len()).rev().filter_map(|end| self.modules.get(&module[..end]));
        let alias = around.flat_map(|it| &it.items).find_map(|item| match item {
            Item::Type(it) if it.ident == last.ident => Some(it),
            _ => None,
        });
        let (Some(alias), PathArguments::AngleBracketed(arguments)) = (alias, &last.arguments) else {
            return of.clone();
        };
        let mut full = alias.ty.to_token_stream().to_string();
        for (parameter, argument) in alias.generics.type_params().zip(&arguments.args) {
            let (from, to) = (parameter.ident.to_string(), argument.to_token_stream().to_string());
            full = full.split(' ').map(|it| if it == from { &to } else { it }).collect::<Vec<_>>().join(" ");
        }
        syn::parse_str(&full).unwrap()
    }

    /// Whether a module that others may enter is called so here.
    pub fn is_module(&self, module: &[String], name: &str) -> bool {
        let is_it = |item: &Item| matches!(item, Item::Mod(it) if public(&it.vis, &it.ident).as_deref() == Some(name));
        self.module(module).items.iter().any(is_it)
    }
}

fn public(visibility: &Visibility, name: &syn::Ident) -> Option<String> {
    matches!(visibility, Visibility::Public(_)).then(|| name.to_string())
}

fn imported(tree: &UseTree, before: &[String], found: &mut Vec<Import>) {
    let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(it) => imported(&it.tree, &with(&it.ident), found),
        UseTree::Name(it) => found.push(Import { alias: it.ident.to_string(), path: with(&it.ident) }),
        UseTree::Rename(it) => found.push(Import { alias: it.rename.to_string(), path: with(&it.ident) }),
        UseTree::Group(it) => it.items.iter().for_each(|tree| imported(tree, before, found)),
        UseTree::Glob(_) => panic!("what a glob takes is not followed"),
    }
}

/// Macros of tokio's around what is there only with `--cfg tokio_unstable` or another flag of the compiler.
const UNSTABLE: [&str; 7] = [
    "cfg_io_uring",
    "cfg_loom",
    "cfg_schedule_latency",
    "cfg_taskdump",
    "cfg_trace",
    "cfg_unstable",
    "cfg_unstable_metrics",
];

/// Macros around what is there where something else is not, and which that is: a flag, or a system that is not compared.
const NOT_THERE: [&str; 7] = [
    "cfg_not_loom",
    "cfg_not_schedule_latency",
    "cfg_not_taskdump",
    "cfg_not_trace",
    "cfg_not_unstable_metrics",
    "cfg_not_wasi",
    "cfg_not_wasip1",
];

/// Whether what stands in this macro is there with all features, and without a flag of the compiler.
pub fn is_there(path: &syn::Path) -> bool {
    path.segments.last().is_some_and(|it| {
        let name = it.ident.to_string();
        let is_in = |names: &[&str]| names.contains(&name.as_str());
        !is_in(&UNSTABLE) && (!name.starts_with("cfg_not") || is_in(&NOT_THERE))
    })
}

/// Items for tests, and those that are there only with a flag of the compiler.
pub fn is_left_out(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().filter(|it| it.path().is_ident("cfg")).any(|it| {
        let condition = it.parse_args::<Meta>().unwrap();
        holds(&condition) == Some(false)
    })
}

/// Whether this holds with every feature and no flag; nothing where it depends on the system.
fn holds(condition: &Meta) -> Option<bool> {
    let is = |name: &str| condition.path().is_ident(name);
    let Meta::List(list) = condition else {
        return ["test", "loom", "tokio_unstable"].into_iter().any(is).then_some(false);
    };
    let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap();
    let parts: Vec<_> = parts.iter().map(holds).collect();
    let decides = is("any");
    if is("not") {
        parts[0].map(|it| !it)
    } else if parts.contains(&Some(decides)) {
        Some(decides)
    } else {
        parts.iter().all(Option::is_some).then_some(!decides)
    }
}
