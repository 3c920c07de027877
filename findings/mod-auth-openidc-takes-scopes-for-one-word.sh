#!/usr/bin/env bash
# mod_auth_openidc 2.4.12.3 (Debian): "Require claim scope:write" refuses a JWT whose scopes are "read write", and
# refuses it as if it had brought no valid token at all.
#
# Expected: "scope" is a list of words with spaces between them (RFC 9068 and RFC 8693), and the rule asks for one of
# them. A valid token without it gets 403 with error="insufficient_scope" (RFC 6750, section 3.1), and each 401 comes
# with WWW-Authenticate (RFC 9110, section 15.5.2).
#
# Seen: the rule compares the whole value, so it holds for tokens with this one scope only, and fails on the day when
# the client is granted a second one. The answer is 401 without WWW-Authenticate, also for a token that really lacks
# the scope. The pattern form, "scope~(^| )write( |$)", finds the word; Apache's own AuthzSendForbiddenOnFailure makes
# it a 403 (without a reason still).
#
#                                    write       read write                 read
#   scope:write                      200         401, no WWW-Authenticate   401, no WWW-Authenticate
#   scope~(^| )write( |$)            200         200                        401, no WWW-Authenticate
#   the same, and AuthzSend...       200         200                        403, no WWW-Authenticate
#
# At its start the module warns that its part for OAuth 2.0 is superseded by mod_oauth2.
#
# Matters to: clients that do as OAuth says: after a 401 they get a new token and try again, with the same result, for
# ever; and operators who see in the log only that somebody was not authorized.
#
# Needs: curl, and the Debian packages apache2-bin (2.4) and libapache2-mod-auth-openidc (2.4.12.3-2+deb12u5).
set -euo pipefail
folder=$(mktemp -d)
apache=''
stop() {
    kill $apache 2> /dev/null || true
    wait
    rm -rf "$folder"
}
trap stop EXIT
modules=/usr/lib/apache2/modules
[ -e $modules/mod_auth_openidc.so ] || { echo "libapache2-mod-auth-openidc is missing." >&2; exit 2; }
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check PyJWT==2.15.1
cd "$folder"
chmod 755 .
mkdir pages
echo welcome > pages/page
key=a-key-of-an-example-and-nothing-else
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')

start() { # start RULE [LINE]
    cat > apache.conf <<CONF
ServerRoot $folder
DefaultRuntimeDir $folder
PidFile $folder/pid
ErrorLog $folder/log
ServerName 127.0.0.1
Listen 127.0.0.1:$port
User www-data
Group www-data
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule auth_openidc_module $modules/mod_auth_openidc.so
OIDCCryptoPassphrase example
OIDCOAuthVerifySharedKeys plain#k#$key
DocumentRoot $folder/pages
<Location />
    AuthType oauth20
    Require claim "$1"
    ${2-}
</Location>
CONF
    timeout 60 apache2 -D FOREGROUND -f "$folder/apache.conf" > start.log 2>&1 &
    apache=$!
    until curl --silent --max-time 5 --output /dev/null "http://127.0.0.1:$port/page"; do
        kill -0 $apache 2> /dev/null || { cat start.log log >&2; exit 2; }
        sleep 0.2
    done
}

ask() { # ask SCOPES
    local token
    token=$(venv/bin/python - "$key" "$1" <<'PYTHON'
import sys
import time

import jwt

key, scopes = sys.argv[1:]
claims = {"iss": "https://issuer.example", "sub": "ann", "iat": int(time.time()), "exp": int(time.time()) + 60}
print(jwt.encode({**claims, "scope": scopes}, key, algorithm="HS256", headers={"kid": "k"}))
PYTHON
    )
    curl --silent --max-time 5 --output /dev/null --dump-header head -H "Authorization: Bearer $token" \
        "http://127.0.0.1:$port/page"
    local status
    status=$(sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' head)
    if [ "$status" != 200 ] && ! grep -qi '^www-authenticate:' head; then
        status+=', no WWW-Authenticate'
    fi
    echo "$status"
}

try() { # try NAME RULE [LINE]
    start "${@:2}"
    local write both read
    write=$(ask write) both=$(ask 'read write') read=$(ask read)
    kill $apache
    wait $apache || true
    printf '%-28s write: %s; read write: %s; read: %s\n' "$1" "$write" "$both" "$read"
    seen+="$write/$both/$read "
}

seen=''
try 'scope:write' 'scope:write'
try 'scope~(^| )write( |$)' 'scope~(^| )write( |$)'
try 'the same, and AuthzSend...' 'scope~(^| )write( |$)' 'AuthzSendForbiddenOnFailure On'
no=', no WWW-Authenticate'
if [ "$seen" != "200/401$no/401$no 200/200/401$no 200/200/403$no " ]; then
    echo "CHANGED: the module judges or answers these tokens in another way." >&2
    exit 1
fi
