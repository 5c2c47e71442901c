//! The shape of a signature: what its users see, whatever names and paths it is written with.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{FnArg, GenericParam, Generics, ReturnType, Signature, Type, WherePredicate};

/// Parameters of types, in the order in which they are declared.
#[derive(Clone, Default)]
pub struct Shape {
    /// Of types, which are told apart by their places.
    parameters: Vec<String>,
    /// What must hold.
    bounds: BTreeSet<(Vec<String>, Vec<String>)>,
    /// `Self` in full.
    own: Vec<String>,
}

/// What something is made of, without the paths of names.
pub fn words(tokens: &impl ToTokens) -> Vec<String> {
    let text = tokens.to_token_stream().to_string();
    // Lifetimes are printed as one, signs each by itself; `:: <` and `->` vary.
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let mut rest = word;
        while !rest.is_empty() {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let end = match rest.chars().next() {
                Some('\'') => 1 + rest[1..].find(|c| !is_name(c)).unwrap_or(rest.len() - 1),
                Some(c) if is_name(c) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
                _ if rest.starts_with("::") || rest.starts_with("->") => 2,
                _ => 1,
            };
            words.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
    }
    let mut short: Vec<String> = Vec::new();
    for word in words {
        if word == "::" {
            // A module; of a type (`Self::Output`), it stays.
            match short.last() {
                Some(last) if last.starts_with(char::is_lowercase) => drop(short.pop()),
                Some(last) if last.starts_with(char::is_uppercase) => short.push(word),
                _ => {}
            }
        } else {
            short.push(word);
        }
    }
    // The comma before an end says nothing.
    let ends = |next: Option<&String>| matches!(next.map(String::as_str), Some(">" | ")"));
    let kept = (0..short.len()).filter(|at| short[*at] != "," || !ends(short.get(at + 1)));
    kept.map(|at| short[at].clone()).collect()
}

impl Shape {
    /// Of what is declared with these parameters, and is called so.
    pub fn new(generics: &Generics, own: Option<&Type>) -> Self {
        let own = own.map(words).unwrap_or_default();
        Self { own, ..Self::default() }.with(generics)
    }

    /// With parameters of its own.
    pub fn with(mut self, generics: &Generics) -> Self {
        for parameter in &generics.params {
            match parameter {
                GenericParam::Type(it) => {
                    self.parameters.push(it.ident.to_string());
                    self.bounds(&it.ident, it.bounds.iter());
                }
                GenericParam::Const(it) => self.parameters.push(it.ident.to_string()),
                // They are told apart by the order in which they are used.
                GenericParam::Lifetime(_) => {}
            }
        }
        for predicate in generics.where_clause.iter().flat_map(|it| &it.predicates) {
            if let WherePredicate::Type(it) = predicate {
                self.bounds(&it.bounded_ty, it.bounds.iter());
            }
        }
        self
    }

    /// Another thing that must hold.
    pub fn bounds<'a, B: ToTokens + 'a>(&mut self, of: &impl ToTokens, bounds: impl Iterator<Item = &'a B>) {
        let of = words(of);
        self.bounds.extend(bounds.map(|bound| (of.clone(), words(bound))));
    }

    /// The same for each type parameter, as `derive` asks for it.
    pub fn each(&mut self, bound: &syn::Ident) {
        let bound = vec![bound.to_string()];
        self.bounds.extend(self.parameters.iter().map(|it| (vec![it.clone()], bound.clone())));
    }

    /// Of a function, all that its callers see.
    pub fn function(&self, signature: &Signature) -> String {
        let shape = self.clone().with(&signature.generics);
        let mut text = Vec::new();
        text.extend(signature.constness.map(|_| "const".to_owned()));
        text.push("fn(".to_owned());
        for argument in &signature.inputs {
            text.extend(match argument {
                FnArg::Receiver(it) => words(it).into_iter().skip_while(|word| word == "mut").collect(),
                FnArg::Typed(it) => words(&it.ty),
            });
            text.push(",".to_owned());
        }
        text.push(")".to_owned());
        let output = match &signature.output {
            ReturnType::Default => vec!["(".to_owned(), ")".to_owned()],
            ReturnType::Type(_, output) => words(output),
        };
        let future = ["impl", "Future", "<", "Output", "="].map(str::to_owned);
        text.push("->".to_owned());
        if signature.asyncness.is_some() {
            text.extend(future.into_iter().chain(output).chain([">".to_owned()]));
        } else {
            text.extend(output);
        }
        shape.written(&text)
    }

    /// These words and what must hold, without names that say nothing.
    pub fn written(&self, text: &[String]) -> String {
        let mut lifetimes = Vec::new();
        let mut written = self.plain(text, &mut lifetimes);
        let bounds = self.bounds.iter().map(|(of, bound)| {
            [self.plain(of, &mut lifetimes), self.plain(bound, &mut lifetimes)].join(": ")
        });
        let bounds: BTreeSet<_> = bounds.collect();
        if !bounds.is_empty() {
            written.push_str(" where ");
            written.push_str(&bounds.into_iter().collect::<Vec<_>>().join(", "));
        }
        written
    }

    fn plain(&self, text: &[String], lifetimes: &mut Vec<String>) -> String {
        let mut plain = Vec::new();
        let mut rest = text;
        while let [word, after @ ..] = rest {
            if !self.own.is_empty() && rest.starts_with(&self.own) {
                plain.push("Self".to_owned());
                rest = &rest[self.own.len()..];
                continue;
            }
            rest = after;
            if let Some(place) = self.parameters.iter().position(|it| it == word) {
                plain.push(format!("T{place}"));
            } else if word.starts_with('\'') && word != "'_" && word != "'static" {
                let known = lifetimes.iter().position(|it| it == word);
                let place = known.unwrap_or_else(|| {
                    lifetimes.push(word.clone());
                    lifetimes.len() - 1
                });
                plain.push(format!("'l{place}"));
            } else {
                plain.push(word.clone());
            }
        }
        plain.join(" ")
    }
}
