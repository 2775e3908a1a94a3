//! `pvm dis --cfg`: the control-flow graph, as text or for Graphviz.

use pvm_pycfile::cfg::{self, Block, Edge};
use pvm_pycfile::{CodeObject, Constant, Opcode, dis};
use std::fmt::Write;
use std::sync::Arc;

/// How to show the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Style {
    /// For people.
    Text,
    /// For Graphviz.
    Dot,
}

/// The graphs of a code object and of those nested in it.
pub(super) fn describe(code: &Arc<CodeObject>, style: Style) -> String {
    let mut out = String::new();
    if style == Style::Dot {
        out += "digraph code {\n  node [shape=box, fontname=monospace];\n";
    }
    let mut rest = vec![code.clone()];
    let mut n = 0;
    while let Some(code) = rest.pop() {
        match style {
            Style::Text => text(&mut out, &code),
            Style::Dot => dot(&mut out, &code, n),
        }
        n += 1;
        rest.extend(code.consts.iter().rev().filter_map(|constant| match constant {
            Constant::Code(code) => Some(code.clone()),
            _ => None,
        }));
    }
    if style == Style::Dot {
        out += "}\n";
    }
    out
}

/// The instructions of a block, a line each.
fn lines(code: &CodeObject, block: &Block) -> Vec<String> {
    let line = |instruction: &pvm_pycfile::instruction::Instruction| {
        let mut line = format!("{:>6} ", instruction.offset_bytes);
        line += &instruction
            .opcode
            .map_or_else(|| format!("<{}>", instruction.number), |op| op.name().to_owned());
        if instruction.opcode.is_some_and(Opcode::has_arg) {
            let argument = dis::describe_argument(code, *instruction);
            line += &format!(" {}", instruction.oparg);
            if !argument.is_empty() {
                line += &format!(" ({argument})");
            }
        }
        line
    };
    block.instructions.iter().map(line).collect()
}

// Writing to a string cannot fail, below.

fn text(out: &mut String, code: &CodeObject) {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{} (line {}):", code.qualname, code.firstlineno);
    for (i, block) in cfg::blocks(code).iter().enumerate() {
        let successors: Vec<String> =
            block.successors.iter().map(|(edge, to)| format!("{} B{to}", edge.name())).collect();
        let arrow =
            if successors.is_empty() { String::new() } else { format!(" -> {}", successors.join(", ")) };
        let _ = writeln!(out, "  B{i}{arrow}");
        for line in lines(code, block) {
            let _ = writeln!(out, "    {line}");
        }
    }
}

fn dot(out: &mut String, code: &CodeObject, n: usize) {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let _ = writeln!(out, "  subgraph cluster_{n} {{\n    label=\"{}\";", quoted(&code.qualname.to_string()));
    let blocks = cfg::blocks(code);
    for (i, block) in blocks.iter().enumerate() {
        let label: String = lines(code, block).iter().map(|line| quoted(line) + "\\l").collect();
        let _ = writeln!(out, "    c{n}b{i} [label=\"B{i}\\l{label}\"];");
    }
    out.push_str("  }\n");
    for (i, block) in blocks.iter().enumerate() {
        for (edge, to) in &block.successors {
            let style = match edge {
                Edge::Next => "",
                Edge::Jump => " [color=blue]",
                Edge::Raise => " [style=dashed, color=red]",
            };
            let _ = writeln!(out, "  c{n}b{i} -> c{n}b{to}{style};");
        }
    }
}
