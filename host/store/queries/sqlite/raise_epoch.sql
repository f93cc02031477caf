UPDATE cluster SET epoch = epoch + 1 RETURNING epoch
