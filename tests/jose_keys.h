#pragma once
/* jose_keys.h - public keys of guests, made by another JOSE implementation ("jose jwk gen"). */
#define JWK_EC_X  "MOh6AQ37128bT5VZe6X98eiK5jG-N5JFrSLRsNXYSBE"
#define JWK_EC_Y  "3_l4RtNHNzoEB_YgEpl2D4bedI-r-u5UvwUvYYJwwhk"
#define JWK_521_X "Af9WqEB3Bkc8z0p0ZBHGeyCK291Pd5CFFbM9Bjv4WwSp8xCKdsnTF4lkzbMswe_HDDZSR3BfZ91LgOwclrH-5H3I"
#define JWK_521_Y "AOiTfjjj6K5nJnTTEGO9TWKMxUin6b1T-M48LzidrjCsCEft7HIbW9Sq0gdC5XrwoVjncc9dQDi3O3UUBQFvYVEt"
#define JWK_RSA_N                                                                                            \
    "tlwtVb--c2heSNT1-JdMs0G4IpsxfoXTyMGbhZFIt8EBq3vZypbU_vY_pNe6SvFSG6opYDdbKSFi3YdmTG5sCckeuw8UasR-"       \
    "XyvGd7O169djfH9voBnWmdx99xSFX1Z4o_3GSeoGiIxca2qiqNKelKD4wMELkXvUSOe1XYV1QK2I9ZP4f2YvFaKO3UPmexM2nJOBk9" \
    "2XfzjjnfdE_VgQXGfERsSI0Im9bPLLpVQrk34Q8-w1JPp-ZDkI9b85F0YvNzth5ONLJrYfocapHvA6RR-e45OVDZFzQ280K4gGHIPr" \
    "qYL9GWOzUCuAuYUd2VOeLbsUqG62hSnerEr0bxGotQ"
#define JWK_EC                                                                                               \
    "{\"alg\":\"ECDH-ES+A256KW\",\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" JWK_EC_X "\",\"y\":\"" JWK_EC_Y  \
    "\"}"
#define JWK_EC521                                                                                            \
    "{\"alg\":\"ECDH-ES+A256KW\",\"crv\":\"P-521\",\"kty\":\"EC\",\"x\":\"" JWK_521_X                        \
    "\",\"y\":\"" JWK_521_Y "\"}"
#define JWK_OAEP "{\"alg\":\"RSA-OAEP-256\",\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"" JWK_RSA_N "\"}"
#define JWK_OLD  "{\"alg\":\"RSA1_5\",\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"" JWK_RSA_N "\"}"
