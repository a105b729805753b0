/* The target needs a public header; a plugin's only symbol is its entry, declared in norn.h. */
