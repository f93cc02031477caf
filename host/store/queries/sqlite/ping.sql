SELECT epoch FROM cluster
