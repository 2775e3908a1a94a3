//! Methods of frames and tracebacks.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value};
use crate::types::cell::Cell;
use crate::types::code::Code;
use crate::types::descriptor::MemberDescriptor;
use crate::types::dict::Dict;
use crate::types::frame::FrameObject;
use crate::types::generator::{Generator, State};
use crate::types::list::List;
use crate::types::traceback::Traceback;
use crate::vm::{PyResult, Vm};
use pvm_pycfile::code::{code_flags, local_kind};
use pvm_vm_macros::pymethods;

impl Vm {
    /// `f_locals`, and what `locals()` gives: the name space of a module or class body; for a function a dictionary that is
    /// brought up to date each time it is asked for.
    pub fn frame_locals(&mut self, object: &Ref<FrameObject>) -> PyResult {
        let code = object.code.clone();
        let optimized = code.has_flag(code_flags::OPTIMIZED);
        let locals = if optimized {
            let known = object.locals.borrow().clone();
            match known {
                Some(known) => known,
                None => {
                    let made: Value = Dict::new().into();
                    drop(object.locals.replace(Some(made.clone())));
                    made
                }
            }
        } else {
            match self.frame_name_space(object) {
                Some(locals) => locals,
                None => object.globals().into(),
            }
        };
        let variables = self.frame_variables(object);
        for ((name, kind), value) in
            code.localsplusnames().iter().zip(code.localspluskinds().iter()).zip(variables)
        {
            // The free variables of a class body are not its attributes.
            if kind & local_kind::HIDDEN != 0 || (kind & local_kind::FREE != 0 && !optimized) {
                continue;
            }
            let value = match value.downcast_ref::<Cell>() {
                Some(cell) if kind & (local_kind::CELL | local_kind::FREE) != 0 => cell.get(),
                _ => value,
            };
            if let Some(dict) = locals.downcast_ref::<Dict>() {
                if value.is_unbound() {
                    drop(dict.remove_str(name));
                } else {
                    dict.set_str(name, value);
                }
            } else if !value.is_unbound() {
                self.set_item(&locals, name.as_value(), value)?;
            }
        }
        Ok(locals)
    }
}

#[pymethods(name = "frame", flags = flag::NO_INSTANTIATION, extend = extend_frame)]
impl FrameObject {
    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<FrameObject>) -> PyResult {
        let line = vm.frame_line(this).unwrap_or(-1);
        let filename = vm.repr(this.code.filename().as_value())?;
        let mut text = crate::text::StrBuilder::new();
        text.push_utf8(&format!("<frame at {:#x}, file ", this.as_value().identity()));
        text.push_str(filename.as_ref());
        text.push_utf8(&format!(", line {line}, code "));
        text.push_str(this.code.name.as_ref());
        text.push('>'.into());
        Ok(text.finish().into())
    }

    /// F.clear(): clear most references held by the frame
    #[method(sig = "")]
    fn clear(vm: &mut Vm, this: &Ref<FrameObject>) -> PyResult<()> {
        let running = vm.frame_index(this).is_some();
        if running {
            return Err(vm.runtime_error("cannot clear an executing frame"));
        }
        if let Some(generator) = this.generator.as_ref().and_then(|g| g.get())
            && let Some(generator) = generator.downcast_ref::<Generator>()
            && this.activation.get() != 0
        {
            if generator.state.get() == State::Running {
                return Err(vm.runtime_error("cannot clear an executing frame"));
            }
            if let Err(raised) = super::generator_methods::close(vm, generator) {
                vm.write_unraisable(raised, None, Some(generator.as_value()));
            }
        }
        let old = (this.values.take(), this.locals.take(), this.trace.replace(Value::NONE));
        drop(old);
        Ok(())
    }

    /// F.__sizeof__() -> size of F in memory, in bytes
    #[method(name = "__sizeof__", sig = "")]
    fn sizeof(this: &Ref<FrameObject>) -> usize {
        size_of::<FrameObject>() + this.code.locals_count() * size_of::<Value>()
    }

    #[getter]
    fn f_back(vm: &mut Vm, this: &Ref<FrameObject>) -> Option<Ref<FrameObject>> {
        vm.frame_back(this)
    }

    #[getter]
    fn f_code(this: &Ref<FrameObject>) -> Ref<Code> {
        this.code.clone()
    }

    #[getter]
    fn f_globals(this: &Ref<FrameObject>) -> Ref<Dict> {
        this.globals().clone()
    }

    #[getter]
    fn f_builtins(this: &Ref<FrameObject>) -> Ref<Dict> {
        this.function.builtins.clone()
    }

    #[getter]
    fn f_locals(vm: &mut Vm, this: &Ref<FrameObject>) -> PyResult {
        vm.frame_locals(this)
    }

    #[getter]
    fn f_lasti(vm: &mut Vm, this: &Ref<FrameObject>) -> i32 {
        vm.frame_lasti(this)
    }

    #[getter]
    fn f_lineno(vm: &mut Vm, this: &Ref<FrameObject>) -> Option<i32> {
        vm.frame_line(this)
    }

    #[setter]
    fn set_f_lineno(vm: &mut Vm, _this: &Ref<FrameObject>, value: Option<Value>) -> PyResult<()> {
        if value.is_none() {
            return Err(vm.new_error(&vm.types().exceptions.attribute_error, "cannot delete attribute"));
        }
        Err(vm.value_error("f_lineno can only be set in a trace function"))
    }

    #[getter]
    fn f_trace(this: &Ref<FrameObject>) -> Value {
        this.trace.borrow().clone()
    }

    #[setter]
    fn set_f_trace(this: &Ref<FrameObject>, value: Option<Value>) -> PyResult<()> {
        let old = this.trace.replace(value.unwrap_or(Value::NONE));
        drop(old);
        Ok(())
    }

    #[getter]
    fn f_trace_lines(this: &Ref<FrameObject>) -> bool {
        this.trace_lines.get()
    }

    #[setter]
    fn set_f_trace_lines(vm: &mut Vm, this: &Ref<FrameObject>, value: Option<Value>) -> PyResult<()> {
        let on = bool_attribute(vm, value)?;
        this.trace_lines.set(on);
        Ok(())
    }

    #[getter]
    fn f_trace_opcodes(this: &Ref<FrameObject>) -> bool {
        this.trace_opcodes.get()
    }

    #[setter]
    fn set_f_trace_opcodes(vm: &mut Vm, this: &Ref<FrameObject>, value: Option<Value>) -> PyResult<()> {
        let on = bool_attribute(vm, value)?;
        this.trace_opcodes.set(on);
        Ok(())
    }
}

fn bool_attribute(vm: &mut Vm, value: Option<Value>) -> PyResult<bool> {
    match value.map(|v| v.as_bool()) {
        None => Err(vm.type_error("can't delete numeric/char attribute")),
        Some(None) => Err(vm.type_error("attribute value type must be bool")),
        Some(Some(on)) => Ok(on),
    }
}

fn extend_frame(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    MemberDescriptor::replace_getsets(class, &["f_trace_lines"]);
    Ok(())
}

/// `None` or a traceback, as `tb_next`.
fn next_level(vm: &mut Vm, value: &Value) -> PyResult<Option<Ref<Traceback>>> {
    if value.is_none() {
        return Ok(None);
    }
    match value.downcast_ref::<Traceback>() {
        Some(next) => Ok(Some(next.clone())),
        None => {
            let found = value.class().name();
            Err(vm.type_error(format!("expected traceback object or None, got '{found}'")))
        }
    }
}

#[pymethods(name = "traceback", doc = "Create a new traceback object.", extend = extend_traceback)]
impl Traceback {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _class: &Ref<Class>, args: Args<'_>) -> PyResult {
        use crate::native::{Argument, FromValue, Param, ParamKind, Place, bind, borrow_argument, present};
        const fn param(name: &'static str) -> Param {
            Param { name, kind: ParamKind::Positional, required: true }
        }
        const PARAMS: &[Param] =
            &[param("tb_next"), param("tb_frame"), param("tb_lasti"), param("tb_lineno")];
        let (slots, _) = bind::<4, 4, 4>(vm, "TracebackType", PARAMS, args)?;
        let argument = Argument { function: "TracebackType", place: Place::Name("tb_frame") };
        let frame = present(vm, slots[1])?;
        let frame = borrow_argument::<FrameObject>(vm, frame, &argument)?;
        let lasti = present(vm, slots[2])?;
        let lasti = i32::from_value(vm, lasti)?;
        let line = present(vm, slots[3])?;
        let line = i32::from_value(vm, line)?;
        let next = present(vm, slots[0])?;
        let next = next_level(vm, next)?;
        Ok(Traceback::new(frame.clone(), lasti, line, next).into())
    }

    #[method(name = "__dir__", sig = "")]
    fn dir(_this: &Ref<Traceback>) -> Ref<List> {
        let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
        List::new(names.into_iter().map(Value::from).collect())
    }

    #[getter]
    fn tb_frame(this: &Ref<Traceback>) -> Ref<FrameObject> {
        this.frame.clone()
    }

    #[getter]
    fn tb_lasti(this: &Ref<Traceback>) -> i32 {
        this.lasti
    }

    #[getter]
    fn tb_lineno(this: &Ref<Traceback>) -> Value {
        this.line_value()
    }

    #[getter]
    fn tb_next(this: &Ref<Traceback>) -> Option<Ref<Traceback>> {
        this.next.borrow().clone()
    }

    #[setter]
    fn set_tb_next(vm: &mut Vm, this: &Ref<Traceback>, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else { return Err(vm.type_error("can't delete tb_next attribute")) };
        let next = next_level(vm, &value)?;
        let mut level = next.clone();
        while let Some(current) = level {
            if current.is(this) {
                return Err(vm.value_error("traceback loop detected"));
            }
            level = current.next.borrow().clone();
        }
        let old = this.next.replace(next);
        drop(old);
        Ok(())
    }
}

fn extend_traceback(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    MemberDescriptor::replace_getsets(class, &["tb_frame", "tb_lasti"]);
    Ok(())
}
