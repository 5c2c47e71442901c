//! A list that nearly always has one element, and then needs no memory of its own.

#[derive(Debug)]
pub(super) enum Few<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        // An empty `Vec` allocates nothing.
        Self::Many(Vec::new())
    }
}

impl<T> Few<T> {
    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    pub(super) fn push(&mut self, element: T) {
        *self = match std::mem::take(self) {
            Self::Many(many) if many.is_empty() => Self::One(element),
            Self::One(one) => Self::Many(vec![one, element]),
            Self::Many(mut many) => {
                many.push(element);
                Self::Many(many)
            }
        };
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        let mut many = std::mem::take(self).into_vec();
        many.retain(keep);
        *self = Self::Many(many);
    }

    pub(super) fn remove_first(&mut self) -> Option<T> {
        let mut many = std::mem::take(self).into_vec();
        let first = (!many.is_empty()).then(|| many.remove(0));
        *self = Self::Many(many);
        first
    }

    pub(super) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}
