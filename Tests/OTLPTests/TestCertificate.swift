/// A certificate of a collector at 127.0.0.1 that is signed by itself, and its key.
enum TestCertificate {
    static let certificate = Array(
        """
        -----BEGIN CERTIFICATE-----
        MIIBmzCCAUGgAwIBAgIUSH5eI4897+VcrOdf5Gl6mPq7+g8wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJY29sbGVjdG9yMCAXDTI2MTEyOTE5MjA1OFoYDzIxMjYxMTA1
        MTkyMDU4WjAUMRIwEAYDVQQDDAljb2xsZWN0b3IwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATZfClu2Z2APrZFCTbYhuw5G83KHz8xrdb1X4R0XSADuFwAeoQX2Ays
        X4GoBKRILGUPIMxEfOPCRTGiYhjllzR8o28wbTAdBgNVHQ4EFgQU85ScZ8C51ur5
        7QGvs0D+dyZjHRMwHwYDVR0jBBgwFoAU85ScZ8C51ur57QGvs0D+dyZjHRMwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
        zj0EAwIDSAAwRQIgaOApKgxmBIE/+JxD+XIqU1NddPm2HIIrnCm1s7aHVAACIQDx
        2eC9UN0gwjD7lEyhyR6bmxgJGiL4aDd11Tq6PCwslw==
        -----END CERTIFICATE-----
        """.utf8)

    static let key = Array(
        """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqR9Ybz65jarc500z
        wwHIVG9BtpC8sU21qszCfNfK3zehRANCAATZfClu2Z2APrZFCTbYhuw5G83KHz8x
        rdb1X4R0XSADuFwAeoQX2AysX4GoBKRILGUPIMxEfOPCRTGiYhjllzR8
        -----END PRIVATE KEY-----
        """.utf8)
}
