//! `SyntaxError`.

use super::base::base_init;
use super::{add_members, member};
use crate::native::{Args, GetSetDef};
use crate::object::{Class, Ref, Value};
use crate::types::exception::{Exception, field};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// `SyntaxError`
pub struct SyntaxError;

static MEMBERS: [GetSetDef; 8] = [
    member::<{ field::SYNTAX_MSG }>("msg", "exception msg"),
    member::<{ field::SYNTAX_FILENAME }>("filename", "exception filename"),
    member::<{ field::LINENO }>("lineno", "exception lineno"),
    member::<{ field::OFFSET }>("offset", "exception offset"),
    member::<{ field::TEXT }>("text", "exception text"),
    member::<{ field::END_LINENO }>("end_lineno", "exception end lineno"),
    member::<{ field::END_OFFSET }>("end_offset", "exception end offset"),
    member::<{ field::PRINT_FILE_AND_LINE }>("print_file_and_line", "exception print_file_and_line"),
];

#[pymethods(name = "SyntaxError", payload = Exception, doc = "Invalid syntax.", extend = extend)]
impl SyntaxError {
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        base_init(vm, this.as_value(), args)?;
        let args = args.pos();
        if let Some(message) = args.first() {
            this.set(field::SYNTAX_MSG, message.clone());
        }
        let [_, info] = args else { return Ok(()) };
        let info = vm.to_tuple(info)?;
        let info = info.as_slice();
        if !(4..=6).contains(&info.len()) {
            let (bound, count) = if info.len() < 4 { ("least", 4) } else { ("most", 6) };
            let given = info.len();
            return Err(vm.type_error(format!("function takes at {bound} {count} arguments ({given} given)")));
        }
        let fields = [
            field::SYNTAX_FILENAME,
            field::LINENO,
            field::OFFSET,
            field::TEXT,
            field::END_LINENO,
            field::END_OFFSET,
        ];
        for (i, field) in fields.into_iter().enumerate() {
            this.set(field, info.get(i).cloned().unwrap_or(Value::UNBOUND));
        }
        if info.len() == 5 {
            return Err(vm.type_error("end_offset must be provided when end_lineno is provided"));
        }
        Ok(())
    }

    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        let message = this.get(field::SYNTAX_MSG).unwrap_or(Value::NONE);
        let filename = this.get(field::SYNTAX_FILENAME).and_then(|f| f.downcast::<Str>().ok());
        let line = this
            .get(field::LINENO)
            .filter(|line| line.class().is(&vm.types().int))
            .and_then(|line| line.as_int().map(|i| i.to_i64().unwrap_or(-1)));
        let message = vm.str(&message)?;
        if filename.is_none() && line.is_none() {
            return Ok(message.into());
        }
        let mut text = crate::text::StrBuilder::new();
        text.push_str(message.as_ref());
        text.push_utf8(" (");
        if let Some(filename) = &filename {
            let whole = filename.as_ref();
            let start = whole.rfind_code('/' as u32).map_or(0, |at| at + 1);
            text.push_str(whole.view(start..whole.len()));
        }
        if let Some(line) = line {
            let comma = if filename.is_some() { ", " } else { "" };
            text.push_utf8(&format!("{comma}line {line}"));
        }
        text.push(')'.into());
        Ok(text.finish().into())
    }
}

fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    add_members(class, &MEMBERS);
    Ok(())
}
