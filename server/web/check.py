"""Checks the front end: types, style, and the tests of what needs no browser."""

from build import WEB, build, node, run


def main() -> None:
    """Run every check; the first that fails says why.

    :raises SystemExit: one failed.
    """
    build(tools=True)
    program, _ = node()
    run(program, "node_modules/typescript/bin/tsc", "--noEmit")
    run(program, "node_modules/prettier/bin/prettier.cjs", "--check", ".")
    run(program, "--test", *sorted(path for path in (WEB / "tests").glob("*.test.ts")))


if __name__ == "__main__":
    main()
