/* SPDX-License-Identifier: MIT */
/*
 * faulty_main.h - the main() of a program that is a part of a test
 */
#ifndef COIL_TESTS_FAULTY_MAIN_H
#define COIL_TESTS_FAULTY_MAIN_H

int faulty_main(int argc, char **argv);

#endif
