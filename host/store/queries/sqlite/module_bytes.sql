SELECT bytes FROM module_bytes WHERE digest = $1
