// LEAD'S NOTE: the CLI was reassigned to another helper, who is writing it now. If you are the author of the HTTP
// API: do not touch host/cli; finish the API, test it, and report.
fn main() {}
