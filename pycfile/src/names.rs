//! The names that code objects have.

use crate::text::Text;
use std::fmt;
use std::ops::Index;
use std::sync::{Arc, OnceLock};

/// The names of a module's source, by number, each of which is there once. The module's code objects share them, and refer
/// to them from before all are known.
#[derive(Clone, Debug, Default)]
pub struct ModuleNames(Arc<OnceLock<Vec<Text>>>);

impl ModuleNames {
    /// Says which names these are. They stay what they are after the first time.
    pub fn complete(&self, texts: Vec<Text>) {
        self.0.get_or_init(|| texts);
    }

    /// The names. There are none before [`ModuleNames::complete`].
    #[inline]
    pub fn as_slice(&self) -> &[Text] {
        self.0.get().map_or(&[], Vec::as_slice)
    }

    fn is(&self, other: &ModuleNames) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A tuple of names: of the module's, as the compiler makes it, which need not count for each who else has it; or of others.
#[derive(Clone)]
pub struct NameList(Names);

#[derive(Clone)]
enum Names {
    Numbered(Vec<u32>, ModuleNames),
    Own(Vec<Text>),
}

impl NameList {
    /// Names of a module by their numbers.
    #[inline]
    pub fn numbered(numbers: Vec<u32>, module: &ModuleNames) -> NameList {
        NameList(Names::Numbered(numbers, module.clone()))
    }

    /// The numbers of the names, if they are the module's that has these identifiers.
    #[inline]
    pub(crate) fn numbers_in(&self, identifiers: &[Text]) -> Option<&[u32]> {
        match &self.0 {
            Names::Numbered(numbers, module) if std::ptr::eq(module.as_slice(), identifiers) => Some(numbers),
            _ => None,
        }
    }

    /// How many names there are.
    #[inline]
    pub fn len(&self) -> usize {
        match &self.0 {
            Names::Numbered(numbers, _) => numbers.len(),
            Names::Own(texts) => texts.len(),
        }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name at a place.
    pub fn get(&self, place: usize) -> Option<&Text> {
        match &self.0 {
            Names::Numbered(numbers, module) => module.as_slice().get(*numbers.get(place)? as usize),
            Names::Own(texts) => texts.get(place),
        }
    }

    /// The names in order.
    pub fn iter(&self) -> Iter<'_> {
        self.into_iter()
    }
}

/// The names of a [`NameList`] in order.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    /// Numbers, or nothing.
    numbers: std::slice::Iter<'a, u32>,
    module: &'a [Text],
    /// Texts, or nothing.
    own: std::slice::Iter<'a, Text>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Text;

    #[inline]
    fn next(&mut self) -> Option<&'a Text> {
        match self.numbers.next() {
            Some(number) => self.module.get(*number as usize),
            None => self.own.next(),
        }
    }
}

impl<'a> IntoIterator for &'a NameList {
    type Item = &'a Text;
    type IntoIter = Iter<'a>;

    #[inline]
    fn into_iter(self) -> Iter<'a> {
        match &self.0 {
            Names::Numbered(numbers, module) => {
                Iter { numbers: numbers.iter(), module: module.as_slice(), own: [].iter() }
            }
            Names::Own(texts) => Iter { numbers: [].iter(), module: &[], own: texts.iter() },
        }
    }
}

impl Index<usize> for NameList {
    type Output = Text;

    fn index(&self, place: usize) -> &Text {
        match &self.0 {
            Names::Numbered(numbers, module) => &module.as_slice()[numbers[place] as usize],
            Names::Own(texts) => &texts[place],
        }
    }
}

impl Default for NameList {
    fn default() -> Self {
        NameList::from(Vec::new())
    }
}

impl From<Vec<Text>> for NameList {
    fn from(texts: Vec<Text>) -> Self {
        NameList(Names::Own(texts))
    }
}

impl FromIterator<Text> for NameList {
    fn from_iter<I: IntoIterator<Item = Text>>(texts: I) -> Self {
        NameList(Names::Own(texts.into_iter().collect()))
    }
}

impl PartialEq for NameList {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Names::Numbered(a, module), Names::Numbered(b, other)) if module.is(other) => a == b,
            _ => self.len() == other.len() && self.iter().eq(other),
        }
    }
}

impl fmt::Debug for NameList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_they_are_however_they_are_kept() {
        let texts = |names: &[&str]| names.iter().map(|name| Text::from(*name)).collect::<Vec<_>>();
        let (module, other) = (ModuleNames::default(), ModuleNames::default());
        let list = NameList::numbered(vec![2, 0], &module);
        assert_eq!(list, NameList::numbered(vec![2, 0], &module));
        assert_ne!(list, NameList::numbered(vec![2, 1], &module));
        assert_eq!((list.len(), list.get(0)), (2, None));
        module.complete(texts(&["a", "b", "c"]));
        other.complete(texts(&["c", "a"]));
        assert_eq!(list, NameList::from(texts(&["c", "a"])));
        assert_ne!(list, NameList::from(texts(&["c"])));
        assert_eq!(list, NameList::numbered(vec![0, 1], &other));
        assert_ne!(list, NameList::numbered(vec![1, 0], &other));
        assert_eq!((list.get(1), list.get(2)), (Some(&list[1]), None));
        assert_eq!(list.numbers_in(module.as_slice()), Some(&[2, 0][..]));
        assert_eq!(list.numbers_in(other.as_slice()), None);
    }
}
