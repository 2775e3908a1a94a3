//! `zlib`

use crate::support::params;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use pvm_vm::native::{Args, bind};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::init::class_of;
use pvm_vm::types::number_support::bytes_like;
use pvm_vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

const MAX_WBITS: i64 = 15;

/// The class `zlib.error` of this interpreter.
struct ErrorClass(Ref<Class>);

fn error_class(vm: &mut Vm) -> PyResult<Ref<Class>> {
    if let Some(known) = vm.interp.extensions.borrow().get(&std::any::TypeId::of::<ErrorClass>())
        && let Some(class) = known.downcast_ref::<ErrorClass>()
    {
        return Ok(class.0.clone());
    }
    let bases = pvm_vm::types::tuple::Tuple::new([(&vm.types().exceptions.exception).into()]);
    let namespace = pvm_vm::types::dict::Dict::new();
    namespace.set_name("__module__", "zlib");
    let type_ = vm.types().type_.clone();
    let made = vm.call(type_.as_value(), &["error".into(), bases.into(), namespace.into()])?;
    match made.downcast::<Class>() {
        Ok(class) => Ok(vm.interp.extension(|| ErrorClass(class)).0.clone()),
        Err(_) => Err(vm.system_error("zlib.error is not a class")),
    }
}

#[cold]
fn error(vm: &mut Vm, message: &str) -> Raised {
    match error_class(vm) {
        Ok(class) => vm.new_error_with(&class, &[message.into()]),
        Err(raised) => raised,
    }
}

fn data(vm: &mut Vm, value: &Value) -> PyResult<Vec<u8>> {
    match bytes_like(vm, value)? {
        Some(bytes) => Ok(bytes),
        None => {
            let found = value.class().name();
            Err(vm.type_error(format!("a bytes-like object is required, not '{found}'")))
        }
    }
}

/// What `wbits` says of the format.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Zlib(u8),
    Raw(u8),
    Gzip(u8),
    Any,
}

fn format(vm: &mut Vm, bits: i64, compress: bool) -> PyResult<Format> {
    Ok(match bits {
        0 if !compress => Format::Zlib(15),
        8..=15 => Format::Zlib(if compress { (bits as u8).max(9) } else { bits as u8 }),
        -15..=-8 => Format::Raw((-bits as u8).max(9)),
        24..=31 => Format::Gzip(((bits - 16) as u8).max(9)),
        32 | 40..=47 if !compress => Format::Any,
        _ if compress => return Err(vm.value_error("Invalid initialization option")),
        _ => return Err(vm.value_error("Invalid initialization option")),
    })
}

fn compressor(level: Compression, format: Format) -> Compress {
    match format {
        Format::Zlib(bits) => Compress::new_with_window_bits(level, true, bits),
        Format::Raw(bits) => Compress::new_with_window_bits(level, false, bits),
        Format::Gzip(bits) => Compress::new_gzip(level, bits),
        Format::Any => Compress::new(level, true),
    }
}

fn decompressor(format: Format, first: &[u8]) -> Decompress {
    match format {
        Format::Zlib(_) => Decompress::new(true),
        Format::Raw(_) => Decompress::new(false),
        Format::Gzip(bits) => Decompress::new_gzip(bits),
        Format::Any if first.starts_with(&[0x1f, 0x8b]) => Decompress::new_gzip(15),
        Format::Any => Decompress::new(true),
    }
}

fn level(vm: &mut Vm, level: i64) -> PyResult<Compression> {
    match level {
        -1 => Ok(Compression::new(6)),
        0..=9 => Ok(Compression::new(level as u32)),
        _ => Err(error(vm, "Bad compression level")),
    }
}

/// Compresses, and flushes as `flush` says.
fn run_compress(vm: &mut Vm, c: &mut Compress, mut input: &[u8], flush: FlushCompress) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(input.len() / 2 + 64);
    loop {
        out.reserve(out.capacity().max(4096) / 2);
        let before = c.total_in();
        let written = out.len();
        let status = c.compress_vec(input, &mut out, flush);
        let Ok(status) = status else {
            return Err(error(vm, "Error -2 while compressing data: inconsistent stream state"));
        };
        input = &input[(c.total_in() - before) as usize..];
        let done = match flush {
            FlushCompress::Finish => status == Status::StreamEnd,
            _ => input.is_empty() && out.len() < out.capacity(),
        };
        let stuck = c.total_in() == before && out.len() == written && out.len() < out.capacity();
        if done || stuck {
            return Ok(out);
        }
    }
}

/// What a run of the decompressor gave.
struct Inflated {
    output: Vec<u8>,
    consumed: usize,
    ended: bool,
}

/// Decompresses at most `limit` bytes.
fn run_decompress(vm: &mut Vm, d: &mut Decompress, input: &[u8], limit: Option<usize>) -> PyResult<Inflated> {
    let mut output = Vec::new();
    let mut consumed = 0;
    let mut window = vec![0u8; 64 * 1024];
    loop {
        let room = limit.map_or(window.len(), |limit| limit.saturating_sub(output.len()).min(window.len()));
        if room == 0 && limit.is_some() {
            return Ok(Inflated { output, consumed, ended: false });
        }
        let (before_in, before_out) = (d.total_in(), d.total_out());
        let status = d.decompress(&input[consumed..], &mut window[..room], FlushDecompress::None);
        let taken = (d.total_in() - before_in) as usize;
        let given = (d.total_out() - before_out) as usize;
        consumed += taken;
        output.extend_from_slice(&window[..given.min(room)]);
        match status {
            Ok(Status::StreamEnd) => return Ok(Inflated { output, consumed, ended: true }),
            Ok(_) if taken == 0 && given == 0 => return Ok(Inflated { output, consumed, ended: false }),
            Ok(_) => {}
            Err(failure) if failure.needs_dictionary().is_some() => {
                return Err(error(vm, "Error 2 while decompressing data"));
            }
            Err(failure) => {
                let detail = failure.message().unwrap_or("invalid data").to_owned();
                return Err(error(vm, &format!("Error -3 while decompressing data: {detail}")));
            }
        }
    }
}

/// `zlib.compressobj()`
pub struct CompressObject {
    /// Boxed: it may want a stricter alignment than objects have.
    stream: RefCell<Option<Box<Compress>>>,
}

pvm_vm::payload!(CompressObject, "zlib.Compress");

#[pymethods(name = "Compress", module = "zlib", flags = flag::NO_INSTANTIATION)]
impl CompressObject {
    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///
    /// After calling this function, some of the input data may still
    /// be stored in internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[method]
    fn compress(vm: &mut Vm, this: &Ref<CompressObject>, data: &Value) -> PyResult {
        let bytes = super::zlib::data(vm, data)?;
        match this.stream.borrow_mut().as_mut() {
            Some(stream) => run_compress(vm, stream, &bytes, FlushCompress::None).map(Into::into),
            None => Err(error(vm, "Error -2 while compressing data: inconsistent stream state")),
        }
    }

    /// Return a bytes object containing any remaining compressed data.
    ///
    ///   mode
    ///     One of the constants Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH.
    ///     If mode == Z_FINISH, the compressor object can no longer be
    ///     used after calling the flush() method.  Otherwise, more data
    ///     can still be compressed.
    #[method(sig = "(mode=zlib.Z_FINISH, /)")]
    fn flush(vm: &mut Vm, this: &Ref<CompressObject>, #[default(4)] mode: i64) -> PyResult {
        let flush = match mode {
            0 => return Ok(Vec::<u8>::new().into()),
            1 => FlushCompress::Partial,
            2 => FlushCompress::Sync,
            3 => FlushCompress::Full,
            4 => FlushCompress::Finish,
            _ => return Err(error(vm, "Error -2 while flushing: inconsistent stream state")),
        };
        let mut stream = this.stream.borrow_mut();
        let Some(active) = stream.as_mut() else {
            return Err(error(vm, "Error -2 while flushing: inconsistent stream state"));
        };
        let out = run_compress(vm, active, &[], flush)?;
        if mode == 4 {
            *stream = None;
        }
        Ok(out.into())
    }
}

/// `zlib.decompressobj()`
pub struct DecompressObject {
    format: Format,
    dictionary: Option<Vec<u8>>,
    /// Made when the first data comes.
    stream: RefCell<Option<Box<Decompress>>>,
    unused: RefCell<Vec<u8>>,
    tail: RefCell<Vec<u8>>,
    ended: Cell<bool>,
}

pvm_vm::payload!(DecompressObject, "zlib.Decompress");

impl DecompressObject {
    fn run(&self, vm: &mut Vm, input: &[u8], limit: Option<usize>) -> PyResult<Vec<u8>> {
        if self.ended.get() {
            self.unused.borrow_mut().extend_from_slice(input);
            return Ok(Vec::new());
        }
        if input.is_empty() && self.stream.borrow().is_none() {
            return Ok(Vec::new());
        }
        let mut slot = self.stream.borrow_mut();
        let stream = slot.get_or_insert_with(|| Box::new(decompressor(self.format, input)));
        if let (Some(dictionary), Format::Raw(_)) = (&self.dictionary, self.format)
            && stream.total_in() == 0
        {
            let _ = stream.set_dictionary(dictionary);
        }
        let result = match run_decompress(vm, stream, input, limit) {
            Err(raised) => {
                let Some(dictionary) = &self.dictionary else { return Err(raised) };
                // The stream asks for its dictionary after the header.
                if stream.set_dictionary(dictionary).is_err() {
                    return Err(raised);
                }
                let start = (stream.total_in() as usize).min(input.len());
                let mut rest = run_decompress(vm, stream, &input[start..], limit)?;
                rest.consumed += start;
                rest
            }
            Ok(result) => result,
        };
        drop(slot);
        let left = input.get(result.consumed..).unwrap_or(&[]);
        self.tail.borrow_mut().clear();
        if result.ended {
            self.ended.set(true);
            self.unused.borrow_mut().extend_from_slice(left);
        } else {
            self.tail.borrow_mut().extend_from_slice(left);
        }
        Ok(result.output)
    }
}

#[pymethods(name = "Decompress", module = "zlib", flags = flag::NO_INSTANTIATION)]
impl DecompressObject {
    /// Return a bytes object containing the decompressed version of the data.
    ///
    ///   data
    ///     The binary data to decompress.
    ///   max_length
    ///     The maximum allowable length of the decompressed data.
    ///     Unconsumed input data will be stored in
    ///     the unconsumed_tail attribute.
    ///
    /// After calling this function, some of the input data may still be stored in
    /// internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    #[method(sig = "(data, /, max_length=0)")]
    fn decompress(vm: &mut Vm, this: &Ref<DecompressObject>, data: &Value, max_length: i64) -> PyResult {
        let Ok(limit) = usize::try_from(max_length) else {
            return Err(vm.value_error("max_length must be non-negative"));
        };
        let bytes = super::zlib::data(vm, data)?;
        this.run(vm, &bytes, (limit > 0).then_some(limit)).map(Into::into)
    }

    /// Return a bytes object containing any remaining decompressed data.
    ///
    ///   length
    ///     the initial size of the output buffer.
    #[method(sig = "(length=zlib.DEF_BUF_SIZE, /)")]
    fn flush(vm: &mut Vm, this: &Ref<DecompressObject>, #[default(16384)] length: i64) -> PyResult {
        if length <= 0 {
            return Err(vm.value_error("length must be greater than zero"));
        }
        let tail = this.tail.take();
        this.run(vm, &tail, None).map(Into::into)
    }

    #[getter]
    fn unused_data(this: &Ref<DecompressObject>) -> Value {
        this.unused.borrow().clone().into()
    }

    #[getter]
    fn unconsumed_tail(this: &Ref<DecompressObject>) -> Value {
        this.tail.borrow().clone().into()
    }

    #[getter]
    fn eof(this: &Ref<DecompressObject>) -> bool {
        this.ended.get()
    }
}

/// `zlib._ZlibDecompressor`: a decompressor that keeps the input which it has no room for.
pub struct ZlibDecompressor {
    stream: DecompressObject,
    needs_input: Cell<bool>,
}

pvm_vm::payload!(ZlibDecompressor, "zlib._ZlibDecompressor");

#[pymethods(
    name = "_ZlibDecompressor",
    module = "zlib",
    doc = "Create a decompressor object for decompressing data incrementally.\n\n  wbits = 15\n  zdict\n     The predefined compression dictionary. This is a sequence of bytes\n     (such as a bytes object) containing subsequences that are expected\n     to occur frequently in the data that is to be compressed. Those\n     subsequences that are expected to be most common should come at the\n     end of the dictionary. This must be the same dictionary as used by the\n     compressor that produced the input data.\n"
)]
impl ZlibDecompressor {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        let stream = new_decompressor(vm, "_ZlibDecompressor", args)?;
        Ok(Ref::new(ZlibDecompressor { stream, needs_input: Cell::new(true) }, class).into())
    }

    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes of
    /// decompressed data. If this limit is reached and further output can be
    /// produced, *self.needs_input* will be set to ``False``. In this case, the next
    /// call to *decompress()* may provide *data* as b'' to obtain more of the output.
    ///
    /// If all of the input data was decompressed and returned (either because this
    /// was less than *max_length* bytes, or because *max_length* was negative),
    /// *self.needs_input* will be set to True.
    ///
    /// Attempting to decompress data after the end of stream is reached raises an
    /// EOFError.  Any data found after the end of the stream is ignored and saved in
    /// the unused_data attribute.
    #[method(sig = "(data, max_length=-1)")]
    fn decompress(
        vm: &mut Vm,
        this: &Ref<ZlibDecompressor>,
        data: &Value,
        #[default(-1)] max_length: i64,
    ) -> PyResult {
        if this.stream.ended.get() {
            let class = vm.types().exceptions.eof_error.clone();
            return Err(vm.new_error_with(&class, &["End of stream already reached".into()]));
        }
        let mut input = this.stream.tail.take();
        input.extend_from_slice(&super::zlib::data(vm, data)?);
        let limit = usize::try_from(max_length).ok();
        let output = match limit {
            Some(0) => {
                *this.stream.tail.borrow_mut() = input;
                Vec::new()
            }
            _ => this.stream.run(vm, &input, limit)?,
        };
        // What has filled the room may have left more behind, which comes without input.
        let is_full = limit.is_some_and(|limit| output.len() == limit);
        let is_dry = this.stream.tail.borrow().is_empty() && !is_full;
        this.needs_input.set(is_dry && !this.stream.ended.get());
        Ok(output.into())
    }

    #[getter]
    fn unused_data(this: &Ref<ZlibDecompressor>) -> Value {
        this.stream.unused.borrow().clone().into()
    }

    #[getter]
    fn eof(this: &Ref<ZlibDecompressor>) -> bool {
        this.stream.ended.get()
    }

    #[getter]
    fn needs_input(this: &Ref<ZlibDecompressor>) -> bool {
        this.needs_input.get()
    }
}

/// A decompressor by the arguments `wbits` and `zdict`.
fn new_decompressor(vm: &mut Vm, function: &'static str, args: Args<'_>) -> PyResult<DecompressObject> {
    let table = params![("wbits", Positional, false), ("zdict", Positional, false)];
    let ([wbits, dictionary], _) = bind::<2, 0, 2>(vm, function, table, args)?;
    let wbits = match wbits {
        Some(wbits) => vm.to_index(wbits)?,
        None => MAX_WBITS,
    };
    let format = format(vm, wbits, false)?;
    let dictionary = match dictionary {
        Some(dictionary) => match bytes_like(vm, dictionary)? {
            Some(bytes) => Some(bytes),
            None => return Err(vm.type_error("zdict argument must support the buffer protocol")),
        },
        None => None,
    };
    Ok(DecompressObject {
        format,
        dictionary,
        stream: RefCell::new(None),
        unused: RefCell::default(),
        tail: RefCell::default(),
        ended: Cell::new(false),
    })
}

/// The Adler-32 checksum.
fn adler(start: u32, bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (start & 0xffff, start >> 16);
    // 5,552 sums stay within 32 bits.
    for chunk in bytes.chunks(5552) {
        for byte in chunk {
            a += u32::from(*byte);
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    b << 16 | a
}

/// The CRC-32 checksum.
fn crc(start: u32, bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let mut value = i as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { value >> 1 ^ 0xEDB8_8320 } else { value >> 1 };
                bit += 1;
            }
            table[i] = value;
            i += 1;
        }
        table
    };
    !bytes.iter().fold(!start, |sum, byte| sum >> 8 ^ TABLE[((sum ^ u32::from(*byte)) & 0xff) as usize])
}

fn start_value(value: Option<&Value>, default: u32) -> u32 {
    match value.and_then(|v| v.as_int()) {
        None => default,
        Some(view) => {
            let masked = view & pvm_vm::number::Int::Small(0xffff_ffff);
            masked.as_int().to_u64().unwrap_or(0) as u32
        }
    }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "zlib",
    doc = "The functions in this module allow compression and decompression using the\nzlib library, which is based on GNU zip.\n\nadler32(string[, start]) -- Compute an Adler-32 checksum.\ncompress(data[, level]) -- Compress data, with compression level 0-9 or -1.\ncompressobj([level[, ...]]) -- Return a compressor object.\ncrc32(string[, start]) -- Compute a CRC-32 checksum.\ndecompress(string,[wbits],[bufsize]) -- Decompresses a compressed string.\ndecompressobj([wbits[, zdict]]) -- Return a decompressor object.\n\n'wbits' is window buffer size and container format.\nCompressor objects support compress() and flush() methods; decompressor\nobjects support decompress() and flush()."
)]
pub mod zlib_module {
    use super::*;
    use pvm_vm::types::module::Module;

    /// Compute an Adler-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfunction(sig = "(data, value=1, /)")]
    fn adler32(vm: &mut Vm, data: &Value, value: Option<&Value>) -> PyResult<u32> {
        let bytes = super::data(vm, data)?;
        Ok(adler(start_value(value, 1), &bytes))
    }

    /// Compute a CRC-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    #[pyfunction(sig = "(data, value=0, /)")]
    fn crc32(vm: &mut Vm, data: &Value, value: Option<&Value>) -> PyResult<u32> {
        let bytes = super::data(vm, data)?;
        Ok(crc(start_value(value, 0), &bytes))
    }

    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///   level
    ///     Compression level, in 0-9 or -1.
    ///   wbits
    ///     The window buffer size and container format.
    #[pyfunction(sig = "(data, /, level=-1, wbits=15)")]
    fn compress(vm: &mut Vm, data: &Value, level: i64, wbits: i64) -> PyResult {
        let bytes = super::data(vm, data)?;
        let level = super::level(vm, level)?;
        let format = match format(vm, wbits, true) {
            Ok(format) => format,
            Err(_) => return Err(error(vm, "Error -2 while compressing data")),
        };
        let mut stream = compressor(level, format);
        run_compress(vm, &mut stream, &bytes, FlushCompress::Finish).map(Into::into)
    }

    /// Returns a bytes object containing the uncompressed data.
    ///
    ///   data
    ///     Compressed data.
    ///   wbits
    ///     The window buffer size and container format.
    ///   bufsize
    ///     The initial output buffer size.
    #[pyfunction(sig = "(data, /, wbits=15, bufsize=16384)")]
    fn decompress(vm: &mut Vm, data: &Value, wbits: i64, bufsize: i64) -> PyResult {
        let bytes = super::data(vm, data)?;
        if bufsize < 0 {
            return Err(vm.value_error("bufsize must be non-negative"));
        }
        let format = match format(vm, wbits, false) {
            Ok(format) => format,
            Err(_) => {
                return Err(error(
                    vm,
                    "Error -2 while preparing to decompress data: inconsistent stream state",
                ));
            }
        };
        let mut stream = decompressor(format, &bytes);
        let result = run_decompress(vm, &mut stream, &bytes, None)?;
        if !result.ended {
            return Err(error(vm, "Error -5 while decompressing data: incomplete or truncated stream"));
        }
        Ok(result.output.into())
    }

    /// Return a compressor object.
    ///
    ///   level
    ///     The compression level (an integer in the range 0-9 or -1; default is
    ///     currently equivalent to 6).  Higher compression levels are slower,
    ///     but produce smaller results.
    ///   method
    ///     The compression algorithm.  If given, this must be DEFLATED.
    #[pyfunction(sig = "")]
    fn compressobj(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let table = params![
            ("level", Positional, false),
            ("method", Positional, false),
            ("wbits", Positional, false),
            ("memLevel", Positional, false),
            ("strategy", Positional, false),
            ("zdict", Positional, false),
        ];
        let ([level, method, wbits, _memory, _strategy, dictionary], _) =
            bind::<6, 0, 6>(vm, "compressobj", table, args)?;
        let number = |vm: &mut Vm, value: Option<&Value>, default| match value {
            Some(value) => vm.to_index(value),
            None => Ok(default),
        };
        let level = number(vm, level, -1)?;
        let level = super::level(vm, level)?;
        if number(vm, method, 8)? != 8 {
            return Err(vm.value_error("Invalid initialization option"));
        }
        let wbits = number(vm, wbits, MAX_WBITS)?;
        let format = format(vm, wbits, true)?;
        let mut stream = compressor(level, format);
        if let Some(dictionary) = dictionary.filter(|d| !d.is_none()) {
            let bytes = match bytes_like(vm, dictionary)? {
                Some(bytes) => bytes,
                None => return Err(vm.type_error("zdict argument must support the buffer protocol")),
            };
            if stream.set_dictionary(&bytes).is_err() {
                return Err(vm.value_error("Invalid dictionary"));
            }
        }
        let class = class_of::<CompressObject>(vm)?;
        Ok(Ref::new(CompressObject { stream: RefCell::new(Some(Box::new(stream))) }, &class).into())
    }

    /// Return a decompressor object.
    ///
    ///   wbits
    ///     The window buffer size and container format.
    ///   zdict
    ///     The predefined compression dictionary.  This must be the same
    ///     dictionary as used by the compressor that produced the input data.
    #[pyfunction(sig = "")]
    fn decompressobj(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let object = new_decompressor(vm, "decompressobj", args)?;
        let class = class_of::<DecompressObject>(vm)?;
        Ok(Ref::new(object, &class).into())
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let constants: [(&str, i64); 20] = [
            ("MAX_WBITS", 15),
            ("DEFLATED", 8),
            ("DEF_MEM_LEVEL", 8),
            ("DEF_BUF_SIZE", 16384),
            ("Z_BEST_SPEED", 1),
            ("Z_BEST_COMPRESSION", 9),
            ("Z_DEFAULT_COMPRESSION", -1),
            ("Z_NO_COMPRESSION", 0),
            ("Z_FILTERED", 1),
            ("Z_HUFFMAN_ONLY", 2),
            ("Z_RLE", 3),
            ("Z_FIXED", 4),
            ("Z_DEFAULT_STRATEGY", 0),
            ("Z_NO_FLUSH", 0),
            ("Z_PARTIAL_FLUSH", 1),
            ("Z_SYNC_FLUSH", 2),
            ("Z_FULL_FLUSH", 3),
            ("Z_FINISH", 4),
            ("Z_BLOCK", 5),
            ("Z_TREES", 6),
        ];
        for (name, value) in constants {
            module.set(name, Value::int(value));
        }
        module.set("ZLIB_VERSION", "1.3.1");
        module.set("ZLIB_RUNTIME_VERSION", "1.3.1");
        module.set("__version__", "1.0");
        let class = error_class(vm)?;
        module.set("error", &class);
        let class = class_of::<ZlibDecompressor>(vm)?;
        module.set("_ZlibDecompressor", &class);
        Ok(())
    }
}
