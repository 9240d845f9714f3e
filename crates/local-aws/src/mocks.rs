//! placeholder
#[derive(Debug, Default, Clone)]
pub struct Mocks;
#[derive(Debug)]
pub struct MockFileError;
#[derive(Debug)]
pub struct MockedResponse;
