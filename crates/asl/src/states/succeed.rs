/// Ends its program well.
#[derive(Debug)]
pub struct Succeed;
