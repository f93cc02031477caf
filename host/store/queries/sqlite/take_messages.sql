DELETE FROM inbox WHERE (sender, event, kind) IN (VALUES
(?, ?, ?)
)
