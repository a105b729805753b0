/* Nothing: the plugin is only loaded by path. */
