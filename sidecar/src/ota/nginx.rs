//! The configuration of nginx that serves a folder of releases as devices need it.
//! Text only; nothing is installed.

/// How it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nginx {
    /// The folder, from the root of the file system on.
    pub root: String,
    /// `port` or `address:port`.
    pub listen: String,
    /// Names of the host; `_`: any.
    pub name: String,
    /// A file of `htpasswd`, if devices must log in.
    pub users: Option<String>,
    /// Certificate and key, if it speaks TLS.
    pub tls: Option<(String, String)>,
}

/// A word in a configuration: what nginx would take apart is quoted.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._:-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Nginx {
    /// Does it say what it is meant to say? Line ends would begin something else, and `$` is a variable.
    pub fn is_plain(&self) -> bool {
        let tls = self.tls.iter().flat_map(|(certificate, key)| [certificate, key]);
        let all = [&self.root, &self.listen, &self.name]
            .into_iter()
            .chain(&self.users)
            .chain(tls);
        all.into_iter()
            .all(|text| !text.contains('$') && !text.chars().any(char::is_control))
    }

    /// For `/etc/nginx/conf.d/`, or `http { … }`.
    pub fn text(&self) -> String {
        let Self {
            root,
            listen,
            name,
            users,
            tls,
        } = self;
        let (root, name) = (quoted(root), quoted(name));
        let (ssl, tls) = match tls {
            Some((certificate, key)) => (
                " ssl",
                format!(
                    "    ssl_certificate {};\n    ssl_certificate_key {};\n",
                    quoted(certificate),
                    quoted(key)
                ),
            ),
            None => ("", String::new()),
        };
        let users = users.as_ref().map_or_else(String::new, |users| {
            format!(
                "    auth_basic \"ota\";\n    auth_basic_user_file {};\n",
                quoted(users)
            )
        });
        let listen = quoted(listen);
        format!(
            r#"# Releases for boards that update themselves, as `boardside ota publish` puts them there.
# A device is told the version in PROJECT/.pin/DEVICE, if that is there, else that in PROJECT/version. DEVICE is the
# user that it logs in as (micropython-ota 1.2.0 and later), or what its host ends with: http://HOST/d/DEVICE.
map $remote_user $boardside_user {{
    default "-";
    "~^(?<boardside_name>[A-Za-z0-9][A-Za-z0-9._@-]*)$" $boardside_name;
}}
log_format boardside '$remote_addr $remote_user [$time_iso8601] "$request" $status $body_bytes_sent';
server {{
    listen {listen}{ssl};
    server_name {name};
{tls}    root {root};
    access_log /var/log/nginx/boardside.log boardside;
{users}    # Devices understand whole files with Content-Length, and nothing else.
    gzip off;
    autoindex off;
    default_type text/plain;
    types {{ application/json json; }}
    location ~ /\. {{ return 404; }}
    location ~ "^/d/(?<device>[A-Za-z0-9][A-Za-z0-9._@-]*)/(?<project>[A-Za-z0-9_-][A-Za-z0-9._-]*)/version$" {{
        try_files /$project/.pin/$device /$project/version =404;
        add_header Cache-Control no-store;
    }}
    location ~ "^/d/[A-Za-z0-9][A-Za-z0-9._@-]*/(?<file>[A-Za-z0-9_-].*)$" {{
        try_files /$file =404;
        add_header Cache-Control "public, max-age=31536000, immutable";
    }}
    location ~ "^/(?<project>[A-Za-z0-9_-][A-Za-z0-9._-]*)/version$" {{
        try_files /$project/.pin/$boardside_user /$project/version =404;
        add_header Cache-Control no-store;
    }}
    location / {{
        limit_except GET {{ deny all; }}
        try_files $uri =404;
        add_header Cache-Control "public, max-age=31536000, immutable";
    }}
}}
"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_names_is_quoted_and_what_would_be_something_else_is_refused() {
        let mut nginx = Nginx {
            root: "/srv/my ota".to_owned(),
            listen: "8080".to_owned(),
            name: "_".to_owned(),
            users: None,
            tls: None,
        };
        let text = nginx.text();
        assert!(
            text.contains("    root \"/srv/my ota\";\n") && text.contains("    listen 8080;\n"),
            "{text}"
        );
        assert!(!text.contains("auth_basic") && !text.contains("ssl"));
        nginx.users = Some("/etc/users".to_owned());
        nginx.tls = Some(("/c.pem".to_owned(), "/k.pem".to_owned()));
        let text = nginx.text();
        assert!(
            text.contains("auth_basic_user_file /etc/users;") && text.contains("listen 8080 ssl;"),
            "{text}"
        );
        assert!(nginx.is_plain());
        for bad in ["/srv\n}", "/srv/$host"] {
            nginx.root = bad.to_owned();
            assert!(!nginx.is_plain());
        }
    }
}
