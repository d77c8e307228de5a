/* Two certificates of nobody, and when they run out (seconds since 1970), for certificates_test.c. */
#ifndef CASEWATCH_TESTS_CERTIFICATES_DATA_H
#define CASEWATCH_TESTS_CERTIFICATES_DATA_H

#define END_OF_FIRST INT64_C(1899601347)
static const char ends_first[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBczCCARmgAwIBAgIURjvdGgrdmYuuo9g30IfZOj265R8wCgYIKoZIzj0EAwIw\n"
	"DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjkwMzAyMjdaFw0zMDAzMTMwMzAyMjda\n"
	"MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS3OQuN\n"
	"O9k59VC9guv9aqaKc5VMxCZu1/sv0FErIH89VZeoFySsyncoplJi++NWYa6xjxaG\n"
	"AFEInpCRptE3AGvzo1MwUTAdBgNVHQ4EFgQUwFr/9eKVho6GAbpoPgTjOTMxcP8w\n"
	"HwYDVR0jBBgwFoAUwFr/9eKVho6GAbpoPgTjOTMxcP8wDwYDVR0TAQH/BAUwAwEB\n"
	"/zAKBggqhkjOPQQDAgNIADBFAiATgJ3KsEYmBOsZA2ctxYB/533JzwbfKm+mkOLy\n"
	"5iJyHwIhAPVHUdBF+5iJKroZHYPblNsXghLTaHbZjXienuAxsI6J\n"
	"-----END CERTIFICATE-----\n";

#define END_OF_SECOND INT64_C(2072401347)
static const char ends_last[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBdDCCARmgAwIBAgIUQEic69CzkUq7uW0OrLRBDt6E+vAwCgYIKoZIzj0EAwIw\n"
	"DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjkwMzAyMjdaFw0zNTA5MDMwMzAyMjda\n"
	"MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQV+f1H\n"
	"GLFGLJdHHdtOfPJITxQil/8usd86RCKpUMTKk+Udd8/Krx8GSadLE2qicuzJkRCG\n"
	"OubixGuNXRDQloC9o1MwUTAdBgNVHQ4EFgQUq942+t9iTFwwJ7VAZdZFwSlSByww\n"
	"HwYDVR0jBBgwFoAUq942+t9iTFwwJ7VAZdZFwSlSBywwDwYDVR0TAQH/BAUwAwEB\n"
	"/zAKBggqhkjOPQQDAgNJADBGAiEAoW0YVy8CdOH3xX5ZHPF9aAqyj/E8BnjSSC60\n"
	"iOvsr58CIQDeJIyhucgtQdRg5HGJzh5o/9968yvLvRbeQlPAwLrbkg==\n"
	"-----END CERTIFICATE-----\n";

/* In December 2026. */
static const char ends_soon[] =
	"-----BEGIN CERTIFICATE-----\n"
	"MIIBczCCARmgAwIBAgIUKBO1joUG5gObwWX43Ub6T5XRFewwCgYIKoZIzj0EAwIw\n"
	"DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjkwMzA0NDRaFw0yNjEyMTEwMzA0NDRa\n"
	"MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQEFoXL\n"
	"lHip04VjL0ixgyM8ekuvW5ps7IAPFZnOquO5WDMratOGixnvjMQdqeWSoZgj/iNt\n"
	"jVleYilFnRTj2pP0o1MwUTAdBgNVHQ4EFgQUorasYTHnI+88rx989+Jg8gRs5tkw\n"
	"HwYDVR0jBBgwFoAUorasYTHnI+88rx989+Jg8gRs5tkwDwYDVR0TAQH/BAUwAwEB\n"
	"/zAKBggqhkjOPQQDAgNIADBFAiEA3DJg5TQsN2scNbm+Fr5GclFl82sXV++RUtvZ\n"
	"VXVI6jQCIGdvu/BhDpdgp8uZvAPyeLuHJVh5OfEb9vU/Jo7iPvqu\n"
	"-----END CERTIFICATE-----\n";

#endif
