SELECT namespace FROM namespaces WHERE namespace = $1
