//! Screens of the slice.

pub mod keys;
pub mod new_key;
pub mod revoke_key;

/// Where a person proves who they are before going on to `path`.
pub(super) fn confirm_first(path: &str) -> String {
    format!("/me/confirm?next={}", url::form_urlencoded::byte_serialize(path.as_bytes()).collect::<String>())
}
