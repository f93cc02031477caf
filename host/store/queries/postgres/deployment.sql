SELECT digest FROM deployments WHERE namespace = $1 AND workflow_type = $2
