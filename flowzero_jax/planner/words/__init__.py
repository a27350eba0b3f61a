"""English as data: nouns, verbs, sizes, word lists, and a prompt's pieces."""
