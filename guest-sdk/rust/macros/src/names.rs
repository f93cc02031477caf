//! Names in the way workflow types are written.

/// `OrderFulfilment` and `order_fulfilment` become `order-fulfilment`.
pub(crate) fn kebab_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut kebab = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        if letter == '_' {
            kebab.push('-');
            continue;
        }
        let before = index.checked_sub(1).map(|before| letters[before]);
        let after_small = before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit());
        // The last capital of several begins a word if a small letter follows: `HTTPCall`.
        let begins_word = before.is_some_and(char::is_uppercase)
            && letters.get(index + 1).is_some_and(|after| after.is_lowercase());
        if letter.is_uppercase() && (after_small || begins_word) {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::kebab_case;

    #[test]
    fn words_are_found_by_capitals_and_underscores() {
        assert_eq!(kebab_case("OrderFulfilment"), "order-fulfilment");
        assert_eq!(kebab_case("order_fulfilment"), "order-fulfilment");
        assert_eq!(kebab_case("HTTPCall2Go"), "http-call2-go");
        assert_eq!(kebab_case("hello"), "hello");
    }
}
