//! Random passwords.

use serde::Deserialize;
use serde_json::json;

use super::{SecretsManager, invalid_parameter};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::call::Call;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct GetRandomPassword {
    password_length: usize,
    exclude_characters: String,
    exclude_numbers: bool,
    exclude_punctuation: bool,
    exclude_uppercase: bool,
    exclude_lowercase: bool,
    include_space: bool,
    require_each_included_type: bool,
}

impl Default for GetRandomPassword {
    fn default() -> GetRandomPassword {
        GetRandomPassword {
            password_length: 32,
            exclude_characters: String::new(),
            exclude_numbers: false,
            exclude_punctuation: false,
            exclude_uppercase: false,
            exclude_lowercase: false,
            include_space: false,
            require_each_included_type: true,
        }
    }
}

impl SecretsManager {
    pub(super) fn get_random_password(&self, call: &Call) -> Result<Answer, Fault> {
        let request: GetRandomPassword = call.json()?;
        let kinds = [
            (request.exclude_lowercase, "abcdefghijklmnopqrstuvwxyz"),
            (request.exclude_uppercase, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            (request.exclude_numbers, "0123456789"),
            (
                request.exclude_punctuation,
                "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
            ),
            (!request.include_space, " "),
        ];
        let excluded = |letter: &char| request.exclude_characters.contains(*letter);
        let kinds: Vec<Vec<char>> = { kinds.into_iter() }
            .filter(|(is_excluded, _)| !is_excluded)
            .map(|(_, letters)| letters.chars().filter(|letter| !excluded(letter)).collect())
            .filter(|letters: &Vec<char>| !letters.is_empty())
            .collect();
        let all = kinds.concat();
        let length = request.password_length;
        if all.is_empty() || !(1..=4096).contains(&length) {
            return Err(invalid_parameter(
                "The password length must be between 1 and 4096, and not all characters can be excluded.",
            ));
        }
        let mut password: Vec<char> = (0..length).map(|_| self.pick(&all)).collect();
        if request.require_each_included_type {
            if length < kinds.len() {
                let message = "Password length is too short based on the required types.";
                return Err(invalid_parameter(message));
            }
            // The kinds are spread over the password, each at a place of its own.
            let start = self.below(length);
            for (number, letters) in kinds.iter().enumerate() {
                password[(start + number) % length] = self.pick(letters);
            }
        }
        let password: String = password.into_iter().collect();
        Ok(Answer::json(json!({ "RandomPassword": password })))
    }

    fn pick(&self, letters: &[char]) -> char {
        letters[self.below(letters.len())]
    }

    /// A number that nobody can guess: the randomness of ids is that of the system.
    fn below(&self, end: usize) -> usize {
        let (_, random) = self.conditions.random.uuid().as_u64_pair();
        // The first two bits say what kind of id it is.
        let random = usize::try_from((random << 2) >> 2).unwrap_or_default();
        random % end
    }
}
