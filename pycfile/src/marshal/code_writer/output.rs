//! What is written, and where in it objects are.

use super::Writer;

/// Written objects are known by ids, which count them in the order of writing.
///
/// Whether an object is flagged may turn out after it was written, and with it the numbers of those behind it. So the flags
/// are set where they are, and references have ids in the place of numbers until the end.
pub(super) struct Output {
    pub(super) writer: Writer,
    /// By id, where an object's type is, which has the flag.
    types: Vec<usize>,
    /// Where the ids of references are.
    references: Vec<usize>,
    /// Objects that get a flag in the end.
    held: Vec<u32>,
}

/// How much has been written.
pub(super) struct Mark {
    bytes: usize,
    types: usize,
    references: usize,
}

impl Output {
    pub(super) fn new(writer: Writer, objects: usize, references: usize) -> Output {
        let types = Vec::with_capacity(objects);
        Output { writer, types, references: Vec::with_capacity(references), held: Vec::new() }
    }

    /// The id of the object that is written next.
    pub(super) fn next_id(&self) -> u32 {
        self.types.len() as u32
    }

    /// Begins an object, of which the type is written next.
    #[inline]
    pub(super) fn begin(&mut self, flagged: bool) -> u32 {
        let id = self.next_id();
        self.types.push(self.writer.len());
        self.writer.set_flag(flagged);
        id
    }

    /// Writes a reference to an object that has its flag.
    #[inline]
    pub(super) fn reference(&mut self, id: u32) {
        self.writer.back_reference(id);
        self.references.push(self.writer.len() - size_of_val(&id));
    }

    /// Writes a reference to an object that may not have been known to need a flag.
    pub(super) fn again(&mut self, id: u32) {
        self.flag(id);
        self.reference(id);
    }

    /// Flags an object.
    pub(super) fn flag(&mut self, id: u32) {
        self.writer.flag_at(self.types[id as usize]);
    }

    /// What there is now.
    pub(super) fn mark(&self) -> Mark {
        Mark { bytes: self.writer.len(), types: self.types.len(), references: self.references.len() }
    }

    /// Takes back what was written after a mark, which has flagged nothing before it.
    pub(super) fn back_to(&mut self, mark: &Mark) {
        self.writer.truncate(mark.bytes);
        self.types.truncate(mark.types);
        self.references.truncate(mark.references);
    }

    /// Flags an object in the end, but does not count it as one that something else refers to.
    pub(super) fn hold(&mut self, id: u32) {
        self.held.push(id);
    }

    /// Whether something else refers to an object, or it is of those that are always flagged.
    pub(super) fn is_flagged(&self, id: u32) -> bool {
        self.writer.is_flagged_at(self.types[id as usize])
    }

    /// Makes an interned string of a string.
    pub(super) fn intern(&mut self, id: u32) {
        self.writer.intern_at(self.types[id as usize]);
    }

    pub(super) fn is_interned(&self, id: u32) -> bool {
        self.writer.is_interned_at(self.types[id as usize])
    }

    /// Numbers the flagged objects in the order of writing, and puts the numbers in the place of ids.
    pub(super) fn finish(mut self) -> Writer {
        for id in &self.held {
            self.writer.flag_at(self.types[*id as usize]);
        }
        let mut numbers = self.types;
        let mut flagged = 0;
        for number in &mut numbers {
            let is_flagged = self.writer.is_flagged_at(*number);
            *number = flagged;
            flagged += usize::from(is_flagged);
        }
        for at in &self.references {
            self.writer.replace_reference_at(*at, |id| numbers[id as usize] as u32);
        }
        self.writer
    }
}
