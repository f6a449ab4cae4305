#!/usr/bin/env bash
# Makes the certificates of the tests, in this folder, valid for a hundred years. They are
# committed, so that a test needs no command; nothing outside of the tests may trust them.
set -euo pipefail
cd "$(dirname "$0")"
rm -f ./*.pem ./*.key
days=36500

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }

# authority NAME: a CA.
authority() {
    key "$1"
    openssl req -x509 -new -key "$1.key" -days "$days" -subj "/CN=tidewire tests $1" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -out "$1.pem"
}

# certificate NAME CA ALT_NAMES [FROM TO]: one that the CA signs, for a server or a client.
certificate() {
    key "$1"
    local folder dates=(-days "$days")
    [[ -z ${4:-} ]] || dates=(-startdate "$4" -enddate "$5")
    folder=$(mktemp -d)
    : >"$folder/index.txt"
    printf '%s\n' '[ca]' 'default_ca = it' '[it]' "database = $folder/index.txt" \
        'rand_serial = yes' 'default_md = sha256' 'policy = any' 'unique_subject = no' \
        'x509_extensions = leaf' \
        '[any]' 'commonName = supplied' '[leaf]' 'basicConstraints = critical,CA:FALSE' \
        'extendedKeyUsage = serverAuth,clientAuth' "subjectAltName = $3" >"$folder/config"
    openssl req -new -key "$1.key" -subj "/CN=tidewire tests $1" -out "$folder/request"
    openssl ca -batch -notext -in "$folder/request" -cert "$2.pem" -keyfile "$2.key" -out "$1.pem" \
        -outdir "$folder" "${dates[@]}" -config "$folder/config" 2>"$folder/log" ||
        { cat "$folder/log" && exit 1; }
    rm -r "$folder"
}

authority ca
authority stranger_ca
certificate server ca DNS:localhost,DNS:api.example.com,IP:127.0.0.1,IP:::1
certificate other_host ca DNS:other.example.com
certificate expired ca DNS:localhost,IP:127.0.0.1 20200101000000Z 20200201000000Z
certificate client ca DNS:client.example.com
certificate stranger stranger_ca DNS:localhost,IP:127.0.0.1

key self_signed
openssl req -x509 -new -key self_signed.key -days "$days" -subj "/CN=localhost" \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -out self_signed.pem
openssl pkey -in server.key -aes256 -passout pass:secret -out encrypted.key
# Their certificates are made; nobody needs these any more.
rm ca.key stranger_ca.key
