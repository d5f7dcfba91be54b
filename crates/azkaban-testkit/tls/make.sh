#!/bin/sh
# Makes the files of this folder anew: certificates of nobody, for tests, written by OpenSSL and by Java's keytool,
# so that tests read what these programs write. Password of the stores: store-pw; of the key in store.jks: key-pw.
set -eu
cd "$(dirname "$0")"
rm -f ./*.pem ./*.p12 ./*.jks ./*.jceks
subject="subjectAltName=DNS:localhost,IP:127.0.0.1"
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 36500 -subj "/CN=localhost/O=Azkaban test" \
    -addext "$subject" -addext "basicConstraints=critical,CA:FALSE"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout second-key.pem -out second-cert.pem -days 36500 \
    -subj "/CN=second.test" -addext "$subject"
openssl pkcs8 -topk8 -in key.pem -out encrypted-key.pem -passout pass:key-pw
openssl pkcs12 -export -in cert.pem -inkey key.pem -name azkaban -out store.p12 -passout pass:store-pw
openssl pkcs12 -export -legacy -in cert.pem -inkey key.pem -name azkaban -out legacy.p12 -passout pass:store-pw
for type in JKS JCEKS; do
    keytool -importkeystore -noprompt -srckeystore store.p12 -srcstoretype PKCS12 -srcstorepass store-pw \
        -destkeystore "store.$(echo $type | tr A-Z a-z)" -deststoretype $type -deststorepass store-pw -destkeypass key-pw
done
keytool -importcert -noprompt -alias ca -file cert.pem -keystore trust.jks -storetype JKS -storepass store-pw
keytool -genkeypair -alias jetty -keyalg EC -dname CN=localhost -validity 36500 -storetype PKCS12 -keystore java.p12 -storepass store-pw
keytool -genkeypair -alias old -keyalg EC -dname CN=expired.test -startdate -10d -validity 2 -storetype PKCS12 \
    -keystore expired.p12 -storepass store-pw
