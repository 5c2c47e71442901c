//! What a module hands out: each public thing by its path, with the shape that its users see.

use std::collections::BTreeMap;

use syn::{ImplItem, Item, ItemImpl, Type, Visibility};

use super::shape::{Shape, words};
use super::tree::{Names, Tree, Written, is_left_out, is_there};

/// Things by their paths.
#[derive(Debug, Default)]
pub struct Surface {
    pub things: BTreeMap<String, String>,
    /// Paths under which all is of another crate.
    pub elsewhere: Vec<String>,
}

/// `tests/auto_traits.rs` looks at these, and nobody calls a drop.
const NOT_COMPARED: [&str; 6] = ["Send", "Sync", "Unpin", "UnwindSafe", "RefUnwindSafe", "Drop"];

impl Surface {
    /// What this module at the root of the tree hands out.
    pub fn of(tree: &Tree, module: &str) -> Self {
        let mut surface = Self::default();
        surface.module(tree, &[module.to_owned()], module);
        surface
    }

    fn module(&mut self, tree: &Tree, module: &[String], path: &str) {
        for name in tree.handed_out(module) {
            let path = format!("{path}::{name}");
            match tree.written(module, &name) {
                Written::Elsewhere => self.elsewhere.push(path),
                Written::Here(module, name) => self.thing(tree, &module, &name, &path),
            }
        }
    }

    fn thing(&mut self, tree: &Tree, module: &Names, name: &str, path: &str) {
        if tree.is_module(module, name) {
            self.module(tree, &[&module[..], &[name.to_owned()]].concat(), path);
            return;
        }
        let items = &tree.module(module).items;
        let mut known = false;
        for item in items.iter().filter(|item| !is_left_out(attributes(item))) {
            let (generics, attributes) = match item {
                Item::Struct(it) if it.ident == name => (&it.generics, &it.attrs),
                Item::Enum(it) if it.ident == name => (&it.generics, &it.attrs),
                Item::Fn(it) if it.sig.ident == name => {
                    self.insert(path.to_owned(), Shape::default().function(&it.sig));
                    known = true;
                    continue;
                }
                Item::Impl(it) if is_of(it, name) => {
                    self.implementation(tree, module, it, path);
                    continue;
                }
                _ => continue,
            };
            known = true;
            let defaults = generics.type_params().filter_map(|it| it.default.as_ref());
            let defaults: Vec<_> = defaults.flat_map(|(_, it)| words(it)).collect();
            self.insert(path.to_owned(), Shape::new(generics, None).written(&defaults));
            for derived in attributes.iter().filter(|it| it.path().is_ident("derive")) {
                let each = derived.parse_nested_meta(|meta| {
                    let bound = meta.path.segments.last().unwrap().ident.clone();
                    let mut shape = Shape::new(generics, None);
                    shape.each(&bound);
                    self.insert(format!("{path}: {bound}"), shape.written(&words(&bound)));
                    Ok(())
                });
                each.unwrap();
            }
        }
        assert!(known, "{path} is not in {}", module.join("::"));
    }

    fn implementation(&mut self, tree: &Tree, module: &Names, it: &ItemImpl, path: &str) {
        let shape = Shape::new(&it.generics, Some(&it.self_ty));
        if let Some((of, _)) = &it.trait_ {
            let name = of.segments.last().unwrap();
            if NOT_COMPARED.iter().any(|it| name.ident == it) {
                return;
            }
            let types = it.items.iter().filter_map(|item| match item {
                ImplItem::Type(it) => Some(words(&tree.in_full(module, &it.ty))),
                _ => None,
            });
            let text: Vec<_> = words(name).into_iter().chain(types.flatten()).collect();
            self.insert(format!("{path}: {}", name.ident), shape.written(&text));
            return;
        }
        for item in &it.items {
            match item {
                ImplItem::Fn(it) if public(&it.vis) && !is_left_out(&it.attrs) => {
                    self.insert(format!("{path}::{}", it.sig.ident), shape.function(&it.sig));
                }
                ImplItem::Const(it) if public(&it.vis) => {
                    self.insert(format!("{path}::{}", it.ident), shape.written(&words(&it.ty)));
                }
                // Macros around methods: `cfg_not_wasi!`.
                ImplItem::Macro(inner) if is_there(&inner.mac.path) => {
                    let text = format!("impl X {{ {} }}", inner.mac.tokens);
                    if let Ok(ItemImpl { items, .. }) = syn::parse_str(&text) {
                        self.implementation(tree, module, &ItemImpl { items, ..it.clone() }, path);
                    }
                }
                _ => {}
            }
        }
    }

    fn insert(&mut self, path: String, shape: String) {
        self.things.insert(path, shape);
    }

    /// What `theirs` has and this lacks or has otherwise, by its path and with what differs.
    pub fn lacks(&self, theirs: &Self) -> BTreeMap<String, String> {
        let mut lacks = BTreeMap::new();
        for (path, their) in &theirs.things {
            let is_under = |of: &String| {
                path.strip_prefix(of.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            };
            if self.elsewhere.iter().any(is_under) {
                continue;
            }
            match self.things.get(path) {
                None => drop(lacks.insert(path.clone(), format!("is missing: {their}"))),
                Some(our) if our == their => {}
                Some(our) => {
                    lacks.insert(path.clone(), format!("differs\n    tokio: {their}\n    ours:  {our}"));
                }
            }
        }
        lacks
    }
}

fn attributes(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Struct(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        _ => &[],
    }
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Whether it is of the type that is called so here, and not of another one of that name, which needs a path.
fn is_of(it: &ItemImpl, name: &str) -> bool {
    matches!(&*it.self_ty, Type::Path(it) if it.path.segments.len() == 1 && it.path.segments[0].ident == name)
}
