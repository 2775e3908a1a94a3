//! The module `ast` under pvm: trees as the reference builds them, and compiled again to the same code.

use pvm_tests::{clean, pvm, reference, reference_library};
use std::path::Path;
use std::process::{Command, Output};

fn run(interpreter: &Path, script: &str, args: &[&str]) -> Output {
    let mut command = Command::new(interpreter);
    clean(&mut command).args(["-c", script]).args(args);
    if let Some(library) = reference_library() {
        // …/lib/python3.12
        command.env("PYTHONHOME", library.parent().and_then(Path::parent).unwrap_or(library));
    }
    command.output().unwrap_or_else(|error| panic!("{} cannot be run: {error}", interpreter.display()))
}

fn assert_same(script: &str, args: &[&str]) {
    let Some(reference) = reference() else { return };
    let (wanted, got) = (run(reference, script, args), run(&pvm(), script, args));
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text(&wanted), text(&got), "stderr:\n{}", String::from_utf8_lossy(&got.stderr));
    assert!(!text(&wanted).is_empty(), "{}", String::from_utf8_lossy(&wanted.stderr));
}

#[test]
fn trees_of_the_library_and_back() {
    // A digest of each tree; the code of the tree must be that of the source.
    let script = r#"
import ast, hashlib, os, sys
names = ["abc.py", "ast.py", "dataclasses.py", "enum.py", "typing.py", "asyncio/taskgroups.py", "test/test_patma.py",
         "test/test_fstring.py", "test/test_type_params.py", "test/test_grammar.py", "test/test_unicode.py"]
for name in names:
    path = os.path.join(os.path.dirname(os.__file__), name)
    source = open(path, "rb").read()
    tree = ast.parse(source)
    dump = ast.dump(tree, include_attributes=True)
    print(name, hashlib.sha256(dump.encode("utf-8", "surrogatepass")).hexdigest())
    print(hashlib.sha256(ast.unparse(tree).encode("utf-8", "surrogatepass")).hexdigest())
    assert compile(tree, path, "exec") == compile(source, path, "exec"), name
"#;
    assert_same(script, &[]);
}

#[test]
fn trees_that_cannot_be_compiled() {
    let script = r#"
import ast
name, store, pass_ = ast.Name("x", ast.Load()), ast.Name("x", ast.Store()), ast.Pass()
def function(body=None, **parts):
    arguments = dict(posonlyargs=[], args=[], vararg=None, kwonlyargs=[], kw_defaults=[], kwarg=None, defaults=[])
    arguments.update(parts)
    return ast.FunctionDef("f", ast.arguments(**arguments), [pass_] if body is None else body, [], type_params=[])
statements = [
    ast.Expr(store), ast.Expr(None), ast.Expr(), ast.Expr("x"), ast.Delete([]), ast.Delete([name]),
    ast.Assign([name], name), ast.Assign([ast.Constant(1)], name), ast.Assign([], name), ast.Assign([store], name),
    function([]), function(defaults=[name]), function(kwonlyargs=[ast.arg("a")]), function([None]), function("x"),
    ast.Raise(None, name), ast.Try([pass_], [], [], []), ast.Try([pass_], [], [pass_], [pass_]),
    ast.With([], [pass_]), ast.Import([]), ast.ImportFrom("x", [ast.alias("y")], -1), ast.Global([]), ast.Global([1]),
    ast.Expr(ast.BoolOp(ast.And(), [name])), ast.Expr(ast.Compare(name, [], [])), ast.Expr(ast.Dict([name], [])),
    ast.Expr(ast.Compare(name, [ast.In()], [name, name])), ast.Expr(ast.ListComp(name, [])),
    ast.Expr(ast.Name("None", ast.Load())), ast.Expr(ast.Constant([1])), ast.Expr(ast.Constant((1, [2]))),
    ast.Expr(ast.Tuple([None], ast.Load())), ast.Expr(ast.BinOp(name, "+", name)), ast.Expr(ast.Name(1, ast.Load())),
    ast.AnnAssign(ast.Attribute(name, "a", ast.Store()), name, None, 1), ast.TypeAlias(ast.Constant(1), [], name),
    ast.Match(name, []), ast.Match(name, [ast.match_case(ast.MatchOr([ast.MatchAs()]), None, [pass_])]),
    ast.Match(name, [ast.match_case(ast.MatchValue(name), None, [pass_])]),
    ast.Match(name, [ast.match_case(ast.MatchSingleton(1), None, [pass_])]),
    ast.Match(name, [ast.match_case(ast.MatchAs(ast.MatchAs(), None), None, [pass_])]),
    ast.Match(name, [ast.match_case(ast.MatchStar("a"), None, [pass_])]),
    ast.Return(name), ast.Break(), ast.Expr(ast.Yield(name)), 1, None, "x",
]
for statement in statements:
    tree = ast.Module([statement], [])
    try:
        ast.fix_missing_locations(tree)
        print(compile(tree, "<test>", "exec").co_code)
    except Exception as error:
        print(type(error).__name__, error)
for tree, mode in [(ast.Module([pass_], []), "eval"), (ast.Expression(name), "exec"), (ast.Module([]), "exec"),
                   (ast.Module([ast.Expr(name)], []), "exec"), (pass_, "exec")]:
    try:
        compile(tree, "<test>", mode)
    except Exception as error:
        print(type(error).__name__, error)
for lineno, end_lineno, col, end_col in [(1, 0, 0, 0), (1, 1, 5, 2), (-1, 2, 0, 0), (1, 1, -2, 3), (5, 7, 3, 1)]:
    tree = ast.parse("x")
    tree.body[0].value.lineno, tree.body[0].value.end_lineno = lineno, end_lineno
    tree.body[0].value.col_offset, tree.body[0].value.end_col_offset = col, end_col
    try:
        print(list(compile(tree, "<test>", "exec").co_positions()))
    except Exception as error:
        print(type(error).__name__, error)
"#;
    assert_same(script, &[]);
}
