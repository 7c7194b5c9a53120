# TLS to a server whose certificate is signed by the one in /ota.ca (DER), and which has the right name. Firmware looks
# at the dates in a certificate, too, where it can: the clock must be set.
import ssl


# Says nothing yet: the handshake is done by the first write, with whose time it ends.
def wrap(s, host, file):
    # Without a certificate to compare with, https would be a promise that nobody keeps.
    try:
        with open(file, "rb") as f:
            ca = f.read()
    except OSError:
        raise ValueError("https needs the certificate to trust: " + file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=ca)
    return context.wrap_socket(s, server_hostname=host, do_handshake_on_connect=False)
