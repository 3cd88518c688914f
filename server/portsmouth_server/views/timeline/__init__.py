"""``/timeline``: what is dated, in lanes by text, by actor or by kind; uncertain dates drawn as uncertain."""
